// The page: names of lanes, table, details, search, and what mouse and keys do.

const $ = (id) => document.getElementById(id);
const ROW = 26;

/** An element; text goes in as text. */
function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

const data = JSON.parse($("data").textContent);
const rows = data.rows;
rows.forEach((row, index) => {
  row.index = index;
  row.start = Number(row.start);
  row.stop = row.stop === undefined ? undefined : Number(row.stop);
  row.end = row.kind === "noStop" ? Infinity : row.stop ?? row.start;
  row.fields = Object.fromEntries(row.payload.flatMap(([, fields]) => fields));
  const lane = data.lanes[row.lane];
  row.layer = lane.name;
  row.adapter = data.adapters[lane.adapter].name;
  row.found = [row.name, row.event, row.adapter, row.layer, row.status, row.took, row.change,
    ...row.payload.flatMap(([, fields]) => fields.map((field) => field.join("=")))]
    .join("\n").toLowerCase();
});
for (const lane of data.lanes) {
  for (const change of [...lane.state, ...lane.power]) change[0] = Number(change[0]);
}
const end = rows.reduce((last, row) => Math.max(last, row.start, row.stop ?? 0), 0);
const chart = new Chart($("canvas"), layOut(data), rows);
let listed = rows;

// ---- drawing, once a frame

let asked = false;
function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    chart.draw();
  });
}

function resize() {
  const box = $("chart");
  chart.resize($("field").clientWidth, box.clientHeight);
  if (chart.pinned) showInList(chart.pinned);
  fillList();
  redraw();
}

// ---- the lanes' names

function nameLanes() {
  const names = $("names");
  const at = (element, y) => {
    element.style.top = `${AXIS + y}px`;
    names.append(element);
    return element;
  };
  names.style.height = $("field").style.height = `${AXIS + chart.lanes.reduce(
    (most, lane) => Math.max(most, lane.y + lane.height), 0)}px`;
  for (const group of chart.groups) {
    if (group.name) {
      const heading = at(make("h2", "adapter", group.name), group.y);
      if (group.key !== group.name) heading.append(make("small", "", group.key));
    }
    for (const lane of group.lanes) {
      const name = make("div", "lane", make("b", "", lane.name));
      name.dataset.adapter = group.name;
      name.dataset.lane = lane.name;
      name.dataset.bars = lane.bars.length;
      if (lane.module) name.append(make("small", "", `interface ${lane.module}`));
      name.style.height = `${lane.height}px`;
      at(name, lane.y);
      if (lane.state.length) at(make("span", "band", "state"), lane.stateY);
      if (lane.power.length) at(make("span", "band", "power"), lane.powerY);
    }
  }
}

// ---- one row in words

const tookOf = (row) => row.took || "";

function describe(row) {
  const out = document.createDocumentFragment();
  const alarming = row.failed || row.anomaly || row.kind === "noStop";
  out.append(make("h2", alarming ? "alarm" : "", row.name));
  if (row.name !== row.event) out.append(make("p", "kind", row.event));
  const facts = [["time", row.time], ["took", tookOf(row)], ["status", row.status],
    ["state", row.change], ["where", [row.adapter, row.layer].filter(Boolean).join(", ")],
    ...row.calls.map((call) => [call.name, tookOf(call)])];
  out.append(pairs(facts.filter(([, value]) => value)));
  for (const [title, fields] of row.payload) {
    if (fields.length) out.append(make("h3", "", title), pairs(fields));
  }
  return out;
}

function pairs(fields) {
  const list = make("dl", "");
  for (const [name, value] of fields) {
    list.append(make("dt", "", name), make("dd", "", value === "" ? "(empty)" : value));
  }
  return list;
}

function hover(row, x, y, others) {
  const tip = $("tip");
  if (chart.hovered !== row) redraw();
  chart.hovered = row;
  tip.hidden = !row;
  if (!row) return;
  tip.replaceChildren(describe(row));
  if (others > 0) tip.append(make("p", "kind", `${others} more here: click again for the next`));
  const { offsetWidth: wide, offsetHeight: tall } = tip;
  const left = x + 16 + wide > innerWidth ? x - 16 - wide : x + 16;
  tip.style.left = `${Math.max(left, 4)}px`;
  tip.style.top = `${Math.max(4, Math.min(y + 16, innerHeight - tall - 6))}px`;
}

function pin(row) {
  chart.pinned = row;
  const details = $("details");
  if (row) {
    const close = make("button", "close", "Close");
    close.onclick = () => pin(null);
    details.replaceChildren(close, describe(row));
  } else details.replaceChildren($("legend").content.cloneNode(true));
  details.scrollTop = 0;
  document.body.dataset.pinned = row ? row.index : "";
  // The address leads here again, for whoever gets it.
  history.replaceState(null, "", row ? `#row${row.index}` : location.pathname + location.search);
  fillList();
  redraw();
}

/** Goes to the row that an address names. */
function follow(address) {
  const row = rows[/^#row(\d+)$/.exec(address)?.[1]];
  if (row) go(row, true);
}

// ---- the table: only the rows in view are elements

function fillList() {
  const list = $("list"), body = $("rows");
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
  const past = Math.min(listed.length, first + Math.ceil(list.clientHeight / ROW) + 12);
  body.style.height = `${listed.length * ROW}px`;
  body.replaceChildren(...listed.slice(first, past).map((row, at) => listRow(row, first + at)));
  list.setAttribute("aria-rowcount", listed.length + 1);
  const shown = chart.pinned && document.getElementById(`row${chart.pinned.index}`);
  if (shown) list.setAttribute("aria-activedescendant", shown.id);
  else list.removeAttribute("aria-activedescendant");
}

function listRow(row, place) {
  const took = make("span", row.kind === "noStop" || row.kind === "noStart" ? "alarm" : "",
    tookOf(row));
  const name = make("span", row.anomaly || row.failed ? "alarm" : "", labelOf(row));
  name.style.paddingLeft = `${Math.min(row.depth, 6) * 14 + 6}px`;
  const cells = [make("span", "", row.time), make("span", "", row.adapter),
    make("span", "", row.layer), name, took,
    make("span", row.failed ? "alarm" : "", row.status), make("span", "", row.change)];
  for (const cell of cells) cell.setAttribute("role", "gridcell");
  const line = make("div", "row", ...cells);
  line.id = `row${row.index}`;
  line.style.top = `${place * ROW}px`;
  line.setAttribute("role", "row");
  line.setAttribute("aria-rowindex", place + 2);
  line.setAttribute("aria-selected", row === chart.pinned);
  line.onclick = () => go(row);
  line.ondblclick = () => go(row, true);
  return line;
}

/** Pins a row and brings it into view, in the chart and in the table. */
function go(row, closer) {
  if (closer) chart.zoomTo(row); else chart.centre(row);
  const lane = chart.lanes[row.lane], box = $("chart");
  if (lane.y < box.scrollTop || lane.y + lane.height > box.scrollTop + box.clientHeight - AXIS) {
    box.scrollTop = lane.y - (box.clientHeight - AXIS - lane.height) / 2;
  }
  chart.top = box.scrollTop;
  showInList(row);
  pin(row);
}

function showInList(row) {
  const list = $("list"), place = listed.indexOf(row);
  if (place < 0) return;
  const y = place * ROW, room = list.clientHeight - ROW;
  if (y < list.scrollTop) list.scrollTop = y;
  else if (y + ROW > list.scrollTop + room) list.scrollTop = y + ROW - room;
}

/** Steps through the listed rows from the pinned one. */
function step(by) {
  if (!listed.length) return;
  const at = listed.indexOf(chart.pinned);
  const next = at < 0 ? (by > 0 ? 0 : listed.length - 1) : at + by;
  go(listed[Math.min(Math.max(next, 0), listed.length - 1)]);
}

// ---- search and folding

function search() {
  const wanted = $("search").value.trim().toLowerCase();
  listed = wanted ? rows.filter((row) => row.found.includes(wanted)) : rows;
  const hit = new Set(listed);
  chart.isFaded = wanted ? (row) => !hit.has(row) : () => false;
  $("found").textContent = wanted ? `${listed.length} of ${rows.length}` : "";
  document.body.dataset.found = listed.length;
  $("list").scrollTop = 0;
  fillList();
  redraw();
}

function fold() {
  chart.setTime(new TimeMap(rows, end, $("fold").checked));
  document.body.dataset.folds = chart.map.folds;
  redraw();
}

// ---- mouse

function listen() {
  const canvas = $("canvas");
  let drag = null;
  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
      chart.moveTo(chart.left + sideways);
    } else chart.zoom(Math.exp(-Math.sign(event.deltaY) * 0.22), spot(event)[0]);
    hover(null);
    redraw();
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, left: chart.left, top: $("chart").scrollTop };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drag) {
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      drag.moved ||= Math.hypot(dx, dy) > 4;
      if (!drag.moved) return;
      hover(null);
      chart.moveTo(drag.left - dx);
      $("chart").scrollTop = drag.top - dy;
      redraw();
      return;
    }
    const found = chart.hits(...spot(event));
    canvas.style.cursor = found.length ? "pointer" : "grab";
    hover(found[0] ?? null, event.clientX, event.clientY, found.length - 1);
  });
  canvas.addEventListener("pointerup", (event) => {
    const moved = drag?.moved;
    drag = null;
    if (moved) return;
    const found = chart.hits(...spot(event));
    const next = found[(found.indexOf(chart.pinned) + 1) % found.length];
    if (next) showInList(next);
    pin(next ?? null);
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("pointerleave", () => hover(null));
  canvas.addEventListener("dblclick", (event) => {
    const [outer] = chart.hits(...spot(event));
    if (outer) go(outer, true);
  });
  $("chart").addEventListener("scroll", () => {
    chart.top = $("chart").scrollTop;
    redraw();
  });
  $("list").addEventListener("scroll", fillList);
  $("search").addEventListener("input", search);
  $("fold").addEventListener("change", fold);
  const act = (does) => () => { does(); redraw(); };
  $("in").onclick = act(() => chart.zoom(1.6, chart.width / 2));
  $("out").onclick = act(() => chart.zoom(1 / 1.6, chart.width / 2));
  $("fit").onclick = act(() => chart.fit());
  document.addEventListener("keydown", key);
  addEventListener("hashchange", () => follow(location.hash));
  new ResizeObserver(resize).observe($("chart"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    chart.readTheme();
    redraw();
  });
}

// ---- keys

function key(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const here = document.activeElement;
  const does = here === $("search") ? inSearch[event.key]
    : (here === $("list") && inList[event.key]) || (here !== $("details") && inChart[event.key])
      || everywhere[event.key];
  if (!does) return;
  event.preventDefault();
  hover(null);
  does(event);
  redraw();
}

const letGo = () => {
  if (!chart.pinned && $("search").value) {
    $("search").value = "";
    search();
  }
  pin(null);
};
const everywhere = {
  "+": () => $("in").click(), "=": () => $("in").click(), "-": () => $("out").click(),
  0: () => $("fit").click(), "/": () => $("search").focus(), Escape: letGo,
};
const inSearch = {
  Enter: (event) => step(event.shiftKey ? -1 : 1),
  Escape: () => {
    $("search").value = "";
    search();
    $("canvas").focus();
  },
};
const inChart = {
  ArrowLeft: () => chart.moveTo(chart.left - chart.width / 6),
  ArrowRight: () => chart.moveTo(chart.left + chart.width / 6),
  ArrowUp: () => { $("chart").scrollTop -= 60; },
  ArrowDown: () => { $("chart").scrollTop += 60; },
};
const inList = {
  ArrowUp: () => step(-1), ArrowDown: () => step(1),
  PageUp: () => step(-10), PageDown: () => step(10),
  Home: () => step(-rows.length), End: () => step(rows.length),
  Enter: () => chart.pinned && go(chart.pinned, true),
};

// ---- start

function summarize() {
  const count = (one, many, test) => {
    const n = rows.filter(test).length;
    return n ? [make("span", one === "span" || one === "point" ? "" : "alarm",
      `${n} ${n === 1 ? one : many}`)] : [];
  };
  const isSpan = (row) => row.kind === "span" || row.kind === "noStop";
  $("summary").append(
    make("span", "", rows.length ? `${lasting(end)} long` : "no events"),
    ...count("span", "spans", isSpan), ...count("point", "points", (row) => !isSpan(row)),
    ...count("never stopped", "never stopped", (row) => row.kind === "noStop"),
    ...count("failed", "failed", (row) => row.failed),
    ...count("anomaly", "anomalies", (row) => row.anomaly));
  Object.assign(document.body.dataset, {
    adapters: data.adapters.filter((adapter) => adapter.name).length,
    lanes: chart.lanes.length,
    spans: rows.filter(isSpan).length,
    points: rows.filter((row) => !isSpan(row)).length,
  });
}

nameLanes();
fold();
listen();
resize();
search();
const address = location.hash;
pin(null);
follow(address);
summarize();
chart.draw();
document.body.dataset.ready = "true";
