"use strict";
// The crosshair shows the state and value of a row at a time. The page is complete without it.
{
  const { begins, lasts, step, rows } = JSON.parse(document.getElementById("data").textContent);
  const timeline = document.querySelector(".timeline");
  const crosshair = timeline.querySelector(".crosshair");
  const reading = timeline.querySelector(".reading");
  const axis = timeline.querySelector(".axis .track");
  let at = 0;
  let row = null;

  // Replaces the tooltips of the browser: with more detail, without delay, and on phones.
  for (const element of timeline.querySelectorAll(".track [title]")) {
    element.dataset.hint = element.title;
    element.setAttribute("aria-label", element.title);
    element.removeAttribute("title");
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
  const last = (pairs, time) => pairs.reduce((latest, pair) => (pair[0] <= time ? pair : latest), pairs[0]);

  const value = (readings) => {
    if (!readings.times || !readings.times.length) return "";
    let index = readings.times.findIndex((time) => time >= at - 1e-6);
    if (index < 0) index = readings.times.length - 1;
    const least = readings.values[index];
    if (least === null) return "no data";
    const most = readings.most ? readings.most[index] : least;
    const range = most === least ? number(least) : `${number(least)} to ${number(most)}`;
    const band = readings.lower ? ` (${number(readings.lower[index])} to ${number(readings.upper[index])})` : "";
    return `${range}${readings.unit}, alarm ${readings.bound}${band}`;
  };

  const show = (hint, pointerY) => {
    const box = timeline.getBoundingClientRect();
    const track = axis.getBoundingClientRect();
    const x = track.left - box.left + (at / lasts) * track.width;
    crosshair.hidden = false;
    crosshair.style.left = `${x}px`;
    const lines = [`${clock(at)}  ${offset(at)}`];
    const readings = row && rows[row.id];
    if (readings) {
      const suppression = (readings.suppressed || []).find(([from, to]) => from <= at && at < to);
      lines.push(`${readings.name}: ${last(readings.states, at)[1]}`);
      if (suppression) lines.push(`actions suppressed: ${suppression[2]}`);
      const text = value(readings);
      if (text) lines.push(text);
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
    const places = [...timeline.querySelectorAll(".row[id]")].filter((element) => element.offsetParent);
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
