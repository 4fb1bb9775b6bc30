// The chart: where each row stands, and the canvas that shows the part in view.

const AXIS = 38, HEADING = 26, POINTS = 18, BAR = 22, BAND = 15, GAP = 5, EDGE = 14;
const MOST_BARS = 12;
/** Of a folded gap: the room in front of the break, for the labels of what was last, and the break. */
const BREAK_FROM = 0.66, BREAK_TO = 0.9;

const SLEEPS = ["SetPower", "QueryPower"];
const hueOf = (row) => row.event === "NetPnPEvent"
  ? (SLEEPS.includes(row.name) ? "power" : "event") : "device";
const isCall = (row) => row.parent !== undefined && ["CallUp", "CallDown"].includes(row.name);

/** Gives lanes their heights and rows their places. Lanes stand as the layers do, the top one up. */
function layOut(data) {
  const lanes = data.lanes.map((lane) => ({ ...lane, points: [], bars: [] }));
  for (const row of data.rows) {
    row.calls = [];
    if (isCall(row)) data.rows[row.parent].calls.push(row);
    else if (row.kind === "span" || row.kind === "noStop") stack(lanes[row.lane].bars, row);
    else lanes[row.lane].points.push(row);
  }
  let y = 0;
  const groups = data.adapters.map((adapter, index) => {
    const own = lanes.filter((lane) => lane.adapter === index).reverse();
    const group = { ...adapter, y, lanes: own };
    if (adapter.name) y += HEADING;
    for (const lane of own) {
      lane.y = y;
      lane.pointsY = y + GAP;
      lane.barsY = lane.pointsY + (lane.points.length ? POINTS : 0);
      lane.stateY = lane.barsY + Math.max(lane.bars.length, lane.points.length ? 0 : 1) * BAR + 1;
      lane.powerY = lane.stateY + (lane.state.length ? BAND : 0);
      y = lane.powerY + (lane.power.length ? BAND : 0) + GAP;
      lane.height = y - lane.y;
    }
    return group;
  });
  return { lanes, groups, height: y };
}

/** The first line of bars that is free from the row's start on; the last one takes what is left. */
function stack(lines, row) {
  const isFree = (line) => {
    const last = line.at(-1);
    return last.end < row.start || (last.end === row.start && last.end > last.start);
  };
  let at = lines.findIndex(isFree);
  if (at < 0) at = Math.min(lines.length, MOST_BARS - 1);
  (lines[at] ??= []).push(row);
  row.line = at;
}

class Chart {
  constructor(canvas, layout, rows) {
    Object.assign(this, { canvas, rows, ...layout });
    this.context = canvas.getContext("2d");
    this.widths = new Map();
    this.left = -EDGE;
    this.top = 0;
    this.isFaded = () => false;
    this.readTheme();
  }

  readTheme() {
    const style = getComputedStyle(document.documentElement);
    this.color = new Proxy({}, { get: (seen, name) =>
      seen[name] ??= style.getPropertyValue(`--${name}`).trim() });
  }

  setTime(map) {
    this.map = map;
    this.fit();
  }

  fit() {
    const { folds, linear } = this.map;
    const room = this.width - 2 * EDGE - 60;
    const foldWidth = folds ? Math.max(10, Math.min(150, 0.6 * room / folds)) : 0;
    this.fitScale = Math.max((room - folds * foldWidth) / linear, room / 3 / linear);
    this.map.setScale(this.fitScale, foldWidth);
    this.left = -EDGE;
  }

  resize(width, height) {
    const ratio = window.devicePixelRatio || 1;
    const place = this.width ? [this.map.time(this.left), this.map.scale / this.fitScale] : null;
    Object.assign(this, { width, height });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (place && place[1] !== 1) {
      this.fit();
      this.map.setScale(this.fitScale * place[1], this.map.foldWidth);
      this.left = this.map.pixel(place[0]);
    } else if (this.map) this.fit();
  }

  /** By a factor, with what is under `x` staying there. */
  zoom(factor, x) {
    const time = this.map.time(this.left + x);
    const most = Math.max(40, this.fitScale);
    const scale = Math.min(most, Math.max(this.fitScale, this.map.scale * factor));
    this.map.setScale(scale, this.map.foldWidth);
    this.moveTo(this.map.pixel(time) - x);
  }

  moveTo(left) {
    const most = this.map.width() - this.width / 2;
    this.left = Math.min(Math.max(left, -this.width / 2), Math.max(most, -EDGE));
  }

  /** A span too wide for the view is shown from its start. */
  centre(row) {
    const from = this.map.pixel(row.start), to = this.map.pixel(this.endOf(row));
    this.moveTo(to - from > this.width ? from - 40 : (from + to - this.width) / 2);
  }

  zoomTo(row) {
    const took = this.endOf(row) - row.start;
    const wanted = 0.6 * this.width / Math.max(took, 1);
    this.zoom(Math.min(wanted, took ? Infinity : this.map.scale * 4) / this.map.scale, 0);
    this.centre(row);
  }

  endOf(row) { return row.end === Infinity ? row.start : row.end; }

  x(time) { return time === Infinity ? this.width : this.map.pixel(time) - this.left; }

  textWidth(text) {
    const key = this.context.font + text;
    if (!this.widths.has(key)) this.widths.set(key, this.context.measureText(text).width);
    return this.widths.get(key);
  }

  draw() {
    const { context: c, width, height, color } = this;
    c.clearRect(0, 0, width, height);
    c.textBaseline = "middle";
    const ticks = this.ticks();
    c.save();
    c.translate(0, AXIS - this.top);
    for (const tick of ticks) this.box(color.grid, tick.x, 0, 1, this.height + this.top);
    for (const group of this.groups) {
      this.box(color.line, 0, group.y, width, 1);
      if (group.name) this.box(color.heading, 0, group.y, width, HEADING);
    }
    const shown = this.lanes.filter((lane) =>
      lane.y + lane.height > this.top && lane.y < this.top + height - AXIS);
    for (const lane of shown) this.drawLane(lane);
    this.drawBreaks();
    for (const lane of shown) this.drawLabels(lane);
    c.restore();
    this.drawAxis(ticks);
  }

  box(color, x, y, width, height) {
    this.context.fillStyle = color;
    this.context.fillRect(x, y, width, height);
  }

  drawLane(lane) {
    this.box(this.color.line, 0, lane.y + lane.height - 1, this.width, 1);
    this.drawBand(lane.state, lane.stateY, "state");
    this.drawBand(lane.power, lane.powerY, "power");
    lane.bars.forEach((line, index) => {
      let painted = -1;
      for (const row of this.inView(line, index)) {
        const x = this.x(row.start), to = Math.max(this.x(row.end), x + 3);
        const special = row === this.pinned || row === this.hovered || row.failed;
        if (to - painted < 0.5 && !special) continue;
        painted = to;
        this.drawBar(row, x, to, lane.barsY + index * BAR);
      }
    });
    for (const row of this.inView(lane.points, 0)) this.drawPoint(row, lane.pointsY);
  }

  /** Rows of one line are in order and apart, but for those that the last line had to take. */
  inView(list, line) {
    const [from, to] = [this.left - 20, this.left + this.width].map((x) => this.map.time(x));
    const first = line === MOST_BARS - 1 ? 0 : firstWith(list, (row) => row.end >= from);
    const past = firstWith(list, (row) => row.start > to);
    return list.slice(first, past);
  }

  drawBar(row, x, to, y) {
    const { context: c, color } = this;
    const hue = row.failed ? "failed" : row.kind === "noStop" ? "held" : hueOf(row);
    const from = Math.max(x, -10), right = Math.min(to, this.width + 10), tall = BAR - 4;
    c.globalAlpha = this.isFaded(row) ? 0.2 : 1;
    this.box(color[hue], from, y, right - from, tall);
    for (const call of row.calls) {
      const a = Math.max(this.x(call.start), from), b = Math.min(this.x(call.end), right);
      if (b - a < 1 || b < 0 || a > this.width) continue;
      this.box(color[`${hue}-soft`], a, y + 1, b - a, tall - 2);
      this.box(color[`${hue}-edge`], a, call.name === "CallUp" ? y : y + tall - 2, b - a, 2);
    }
    if (row.kind === "noStop") {
      c.setLineDash([5, 4]);
      this.outline(color["held-edge"], from, y, right - from, tall, 1.5);
      c.setLineDash([]);
    } else if (right - from > 6) this.outline(color[`${hue}-edge`], from, y, right - from, tall, 1);
    c.globalAlpha = 1;
    if (row === this.pinned) this.outline(color.accent, from - 1, y - 1, right - from + 2, tall + 2, 2.5);
    else if (row === this.hovered) this.outline(color.text, from, y, right - from, tall, 1.5);
  }

  outline(color, x, y, width, height, thick) {
    this.context.strokeStyle = color;
    this.context.lineWidth = thick;
    this.context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  }

  drawPoint(row, y) {
    const { context: c, color } = this;
    const x = this.x(row.start), middle = y + POINTS / 2 - 1;
    const chosen = row === this.pinned || row === this.hovered;
    c.globalAlpha = this.isFaded(row) ? 0.2 : 1;
    if (row.failed || row.anomaly) {
      c.fillStyle = color["failed-edge"];
      c.beginPath();
      for (const [dx, dy] of [[0, -6], [6, 0], [0, 6], [-6, 0]]) c.lineTo(x + dx, middle + dy);
      c.fill();
    } else this.box(color.tick, x - 1, y + 1, 2, POINTS - 4);
    c.globalAlpha = 1;
    if (chosen) this.outline(row === this.pinned ? color.accent : color.text, x - 7, y, 14, 16, 2);
  }

  drawBand(changes, y, kind) {
    const { context: c, color } = this;
    c.font = "11px system-ui, sans-serif";
    changes.forEach(([from, value], index) => {
      const next = changes[index + 1];
      const a = Math.max(this.x(from), -1), b = next ? Math.min(this.x(next[0]), this.width) : this.width;
      if (b - a < 0.5 || b < 0 || a > this.width) return;
      const name = `${kind}-${value.toLowerCase()}`;
      this.box(color[name] || color[`${kind}-other`], a, y, Math.max(b - a, 1), BAND - 2);
      this.box(color.page, a - 0.5, y, 1, BAND - 2);
      const x = Math.max(a, 0) + 5;
      if (b - x > this.textWidth(value) + 4) this.text(value, x, y + 7, color[`${kind}-text`]);
    });
  }

  text(text, x, y, color) {
    this.context.fillStyle = color;
    this.context.fillText(text, x, y);
  }

  /** In a bar if there is room, else after it; cut short if half of it fits, else left out. */
  drawLabels(lane) {
    const { context: c, color } = this;
    lane.bars.forEach((line, index) => {
      c.font = "12px system-ui, sans-serif";
      const y = lane.barsY + index * BAR + (BAR - 4) / 2 + 0.5;
      this.drawLabelsOf(line, index, y, (row) => color[`${row.failed ? "failed" : "bar"}-text`]);
    });
    c.font = "11px system-ui, sans-serif";
    this.drawLabelsOf(lane.points, 0, lane.pointsY + POINTS / 2 - 0.5, () => color.muted);
  }

  drawLabelsOf(line, index, y, inside) {
    const { context: c, color } = this;
    const rows = this.inView(line, index);
    rows.forEach((row, at) => {
      c.globalAlpha = this.isFaded(row) ? 0.35 : 1;
      const isPoint = row.line === undefined, alarming = row.failed || row.anomaly;
      const label = labelOf(row), x = this.x(row.start);
      const end = isPoint ? x + (alarming ? 6 : 1) : Math.max(this.x(row.end), x + 3);
      const next = rows[at + 1] ? this.x(rows[at + 1].start) - 8 : this.width;
      const left = Math.max(x, 0) + 6;
      const held = row.kind === "noStop" ? this.drawHeld(y) : 0;
      const room = this.untilBreak(left, Math.min(end, this.width) - 4 - held) - left;
      if (!isPoint && room >= this.textWidth(label)) this.text(label, left, y, inside(row));
      else if (end - x > 60 && !isPoint) this.cut(label, left, y, room, inside(row));
      else if (end > 0) {
        const after = end + 4, free = this.untilBreak(after, next) - after;
        this.cut(label, after, y, free, alarming ? color.alarm : isPoint ? color.muted : color.text);
      }
    });
    c.globalAlpha = 1;
  }

  cut(label, x, y, room, color) {
    let text = label;
    while (text.length > 3 && this.textWidth(text) > room) {
      text = `${text.replace(/…$/, "").slice(0, -1).trimEnd()}…`;
    }
    if (text.length > label.length / 2 && this.textWidth(text) <= room) this.text(text, x, y, color);
  }

  /** The mark at the right edge; gives its width. */
  drawHeld(y) {
    const width = this.textWidth("no stop") + 14;
    this.box(this.color["held-edge"], this.width - width, y - BAR / 2 + 1.5, width, BAR - 4);
    this.text("no stop", this.width - width + 7, y, this.color["held-text"]);
    return width;
  }

  /** `to`, or the first break between. */
  untilBreak(from, to) {
    const found = this.breaks.find((gap) => gap.to > from && gap.from < to);
    return found ? Math.max(found.from - 2, from) : to;
  }

  get breaks() {
    if (this.breaksAt === `${this.left} ${this.map.scale} ${this.width}`) return this.breaksSeen;
    this.breaksAt = `${this.left} ${this.map.scale} ${this.width}`;
    const at = (piece, part) => this.map.startOf(piece) + part * this.map.foldWidth - this.left;
    this.breaksSeen = this.map.pieces.filter((piece) => piece.folded).map((piece) => ({
      from: at(piece, BREAK_FROM), to: at(piece, BREAK_TO), took: piece.to - piece.from,
    })).filter((gap) => gap.to > 0 && gap.from < this.width);
    return this.breaksSeen;
  }

  drawBreaks() {
    const c = this.context, bottom = this.height + this.top;
    for (const { from, to } of this.breaks) {
      this.box(this.color.break, from, 0, to - from, bottom);
      c.strokeStyle = this.color["break-edge"];
      c.lineWidth = 1;
      for (const x of [from, to]) {
        c.beginPath();
        for (let y = 0; y <= bottom; y += 5) c.lineTo(x + (y % 2 ? 2 : -2), y);
        c.stroke();
      }
    }
  }

  /** Each stretch begins with a label, then come multiples of a nice step. */
  ticks() {
    const step = niceStep(125 / this.map.scale);
    const out = [];
    let free = -Infinity;
    const end = this.map.pieces.at(-1).to;
    this.context.font = "11px system-ui, sans-serif";
    const add = (time, detail, until) => {
      const x = this.x(time), label = clock(time, detail, end);
      const width = this.textWidth(label);
      if (x < free || x + width > until || x < -1) return;
      out.push({ x: Math.round(x), label });
      free = x + width + 22;
    };
    for (const piece of this.map.pieces) {
      const from = this.map.startOf(piece) - this.left;
      const until = from + (piece.to - piece.from) * this.map.scale;
      if (piece.folded || until < -200 || from > this.width) continue;
      const fold = piece === this.map.pieces.at(-1) ? this.width : this.map.foldWidth * BREAK_FROM;
      add(piece.from, Math.min(step, MS / 10), until + fold);
      const first = Math.max(piece.from, this.map.time(this.left));
      for (let time = Math.ceil(first / step) * step; time <= piece.to; time += step) {
        if (this.x(time) > this.width) break;
        add(time, step, until + fold);
      }
    }
    return out;
  }

  drawAxis(ticks) {
    const { context: c, color } = this;
    this.box(color.page, 0, 0, this.width, AXIS);
    this.box(color.line, 0, AXIS - 1, this.width, 1);
    c.font = "11px system-ui, sans-serif";
    for (const { x, label } of ticks) {
      this.box(color.muted, x, AXIS - 6, 1, 5);
      this.text(label, x + 3, AXIS - 12, color.text);
    }
    let free = 0;
    for (const { from, to, took } of this.breaks) {
      this.box(color.break, from, AXIS - 22, to - from, 22);
      const label = `${lasting(took)} quiet`, width = this.textWidth(label);
      const x = Math.min((from + to - width) / 2, this.width - width - 4);
      if (x < free) continue;
      this.text(label, x, 9, color.muted);
      free = x + width + 8;
    }
  }

  /** All rows under a point of the canvas, outer ones first. */
  hits(x, y) {
    const at = y - AXIS + this.top;
    const lane = y > AXIS && this.lanes.find((l) => at >= l.y && at < l.y + l.height);
    if (!lane) return [];
    if (at < lane.barsY) {
      const near = this.inView(lane.points, 0).map((row) => [Math.abs(this.x(row.start) - x), row]);
      return near.filter(([far]) => far < 8).sort((a, b) => a[0] - b[0]).map(([, row]) => row);
    }
    const index = Math.floor((at - lane.barsY) / BAR);
    const isIn = (row) => this.x(row.start) - 2 <= x
      && Math.max(this.x(row.end), this.x(row.start) + 3) + 2 >= x;
    const bars = this.inView(lane.bars[index] ?? [], index).filter(isIn);
    return bars.flatMap((row) => [row, ...row.calls.filter(isIn)]);
  }
}

function firstWith(list, holds) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle])) high = middle; else low = middle + 1;
  }
  return low;
}

const labelOf = (row) => {
  const failed = row.failed && row.status ? ` ${row.status}` : "";
  const reason = row.event === "Anomaly" && row.fields.Reason ? `: ${row.fields.Reason}` : "";
  return row.name + reason + failed;
};
