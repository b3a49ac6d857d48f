"use strict";
// The crosshair: reads a row's state and value at a time. The page is complete without it.
{
  const { begins, lasts, step, rows } = JSON.parse(document.getElementById("data").textContent);
  const timeline = document.querySelector(".timeline");
  const crosshair = timeline.querySelector(".crosshair");
  const reading = timeline.querySelector(".reading");
  const axis = timeline.querySelector(".axis .track");
  let at = 0;
  let row = null;

  // Ours says more than the browser's own hint would, at once, and on a phone.
  for (const one of timeline.querySelectorAll(".track [title]")) {
    one.dataset.hint = one.title;
    one.setAttribute("aria-label", one.title);
    one.removeAttribute("title");
  }

  const offset = (seconds) => {
    const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]];
    let left = Math.round(seconds);
    let text = "";
    for (const [size, unit] of parts) {
      const count = Math.floor(left / size);
      left -= count * size;
      if (count) text += count + unit;
    }
    return "+" + (text || "0s");
  };
  const clock = (seconds) => {
    const text = new Date((begins + seconds) * 1000).toISOString();
    const day = lasts > 86400 ? text.slice(5, 10) + " " : "";
    return day + text.slice(11, (begins + seconds) % 60 ? 19 : 16) + " UTC";
  };
  const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 });

  // The last of sorted pairs that begins at or before a time.
  const last = (pairs, time) => pairs.reduce((found, pair) => (pair[0] <= time ? pair : found), pairs[0]);

  const value = (found) => {
    if (!found.times || !found.times.length) return "";
    let index = found.times.findIndex((time) => time >= at - 1e-6);
    if (index < 0) index = found.times.length - 1;
    const least = found.values[index];
    if (least === null) return "no data";
    const most = found.most ? found.most[index] : least;
    const range = most === least ? number(least) : `${number(least)} to ${number(most)}`;
    const band = found.lower ? ` (${number(found.lower[index])} to ${number(found.upper[index])})` : "";
    return `${range}${found.unit}, alarms ${found.bound}${band}`;
  };

  const show = (hint, pointerY) => {
    const box = timeline.getBoundingClientRect();
    const track = axis.getBoundingClientRect();
    const x = track.left - box.left + (at / lasts) * track.width;
    crosshair.hidden = false;
    crosshair.style.left = `${x}px`;
    const lines = [`${clock(at)}  ${offset(at)}`];
    const found = row && rows[row.id];
    if (found) {
      const held = (found.held || []).find(([from, to]) => from <= at && at < to);
      lines.push(`${found.name}: ${last(found.states, at)[1]}`);
      if (held) lines.push(`actions held back: ${held[2]}`);
      const read = value(found);
      if (read) lines.push(read);
    }
    if (hint) lines.push(hint);
    reading.replaceChildren(...lines.map((line) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      return paragraph;
    }));
    reading.hidden = false;
    const left = x + 14 + reading.offsetWidth > box.width ? x - 14 - reading.offsetWidth : x + 14;
    reading.style.left = `${Math.max(left, 4)}px`;
    const top = pointerY === null ? (row || axis).getBoundingClientRect().top : pointerY;
    reading.style.top = `${top - box.top + 16}px`;
  };
  const hide = () => {
    crosshair.hidden = true;
    reading.hidden = true;
  };

  const point = (event) => {
    const track = axis.getBoundingClientRect();
    const x = event.clientX - track.left;
    if (x < -2 || x > track.width + 2) return hide();
    at = Math.min(Math.max(Math.round(((x / track.width) * lasts) / step) * step, 0), lasts);
    row = event.target.closest(".row");
    const hinted = event.target.closest(".flag, .mark");
    show(hinted ? hinted.dataset.hint : "", event.clientY);
  };
  timeline.addEventListener("pointermove", point);
  timeline.addEventListener("pointerdown", point);
  timeline.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
  timeline.addEventListener("keydown", (event) => {
    const places = [...timeline.querySelectorAll(".row[id]")].filter((one) => one.offsetParent);
    const now = places.indexOf(row);
    if (event.key === "Escape") return hide();
    if (event.key === "ArrowRight") at = Math.min(at + step, lasts);
    else if (event.key === "ArrowLeft") at = Math.max(at - step, 0);
    else if (event.key === "ArrowDown") row = places[Math.min(now + 1, places.length - 1)];
    else if (event.key === "ArrowUp") row = places[Math.max(now - 1, 0)];
    else return undefined;
    event.preventDefault();
    return show("", null);
  });
}
