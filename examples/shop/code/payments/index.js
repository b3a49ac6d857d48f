// Charges a payment. It logs like pino: one line of JSON for each request, with numeric levels.
// The payment provider is simulated: its test tokens select the result.

const os = require("node:os");
const { setTimeout: sleep } = require("node:timers/promises");

const SLOW_MS = 4000;

function log(level, fields, msg) {
  const base = { level, time: Date.now(), pid: process.pid, hostname: os.hostname() };
  process.stdout.write(`${JSON.stringify({ ...base, ...fields, msg })}\n`);
}

function publish(name) {
  // The embedded metric format: CloudWatch makes a metric of this line.
  const metrics = [{ Namespace: "shop", Dimensions: [["service"]], Metrics: [{ Name: name, Unit: "Count" }] }];
  const line = { _aws: { Timestamp: Date.now(), CloudWatchMetrics: metrics }, service: "payments", [name]: 1 };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function charge(token) {
  if (token === "tok_slow") await sleep(SLOW_MS);
  if (token === "tok_timeout") await sleep(3600_000); // until Lambda ends the invocation
  if (token === "tok_unavailable") throw new Error("payment provider: 503 Service Unavailable");
  return token !== "tok_declined";
}

exports.handler = async (event) => {
  const started = Date.now();
  const { order, amount, token } = event;
  try {
    const charged = await charge(token);
    if (!charged) publish("PaymentsDeclined");
    const responseTime = Date.now() - started;
    log(30, { order, amount, event: charged ? "charged" : "declined", responseTime }, "payment processed");
    return { status: charged ? "charged" : "declined" };
  } catch (err) {
    const { name: type, message, stack } = err;
    log(50, { order, err: { type, message, stack }, responseTime: Date.now() - started }, "payment failed");
    throw err;
  }
};
