// Time: how it maps to pixels, where an axis has its ticks, and how it reads. Units of 100 ns.

const US = 10, MS = 1000 * US, SECOND = 1000 * MS, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE;

/** Folding starts here if nothing is under way in the gap, and there if something is. */
const IDLE_FOLDS = MS, BUSY_FOLDS = SECOND;
const MOST_FOLDS = 30;

/** Piecewise linear: busy stretches at one scale, each folded gap at one fixed width. */
class TimeMap {
  constructor(rows, end, fold) {
    this.pieces = [];
    this.linear = 0;
    this.folds = 0;
    let from = 0;
    for (const gap of fold ? longGaps(rows) : []) {
      this.add(from, gap.from, false);
      this.add(gap.from, gap.to, true);
      from = gap.to;
    }
    this.add(from, Math.max(end, from + 1), false);
  }

  add(from, to, folded) {
    this.pieces.push({ from, to, folded, linear: this.linear, folds: this.folds });
    if (folded) this.folds += 1; else this.linear += to - from;
  }

  /** Pixels per unit, and the width of a fold. */
  setScale(scale, foldWidth) {
    this.scale = scale;
    this.foldWidth = foldWidth;
  }

  width() { return this.linear * this.scale + this.folds * this.foldWidth; }

  startOf(piece) { return piece.linear * this.scale + piece.folds * this.foldWidth; }

  /** The last piece that `isAtOrBefore` holds for; it holds for a first part of them. */
  last(isAtOrBefore) {
    let low = 0, high = this.pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (isAtOrBefore(this.pieces[middle])) low = middle; else high = middle - 1;
    }
    return this.pieces[low];
  }

  pixel(time) {
    const piece = this.last((p) => p.from <= time);
    const into = piece.folded
      ? (time - piece.from) / (piece.to - piece.from) * this.foldWidth
      : (time - piece.from) * this.scale;
    return this.startOf(piece) + into;
  }

  time(pixel) {
    const piece = this.last((p) => this.startOf(p) <= pixel);
    const into = pixel - this.startOf(piece);
    return piece.from + (piece.folded
      ? into / this.foldWidth * (piece.to - piece.from)
      : into / this.scale);
  }
}

/** Gaps without any event that are long beside the usual ones, in order. */
function longGaps(rows) {
  const marks = [];
  for (const row of rows) {
    const finished = row.kind === "span";
    marks.push([row.start, finished ? 1 : 0]);
    if (finished) marks.push([row.stop, -1]);
  }
  marks.sort((a, b) => a[0] - b[0]);
  const gaps = [];
  let open = 0;
  for (let i = 0; i + 1 < marks.length; i += 1) {
    open += marks[i][1];
    const from = marks[i][0], to = marks[i + 1][0];
    if (to > from) gaps.push({ from, to, took: to - from, busy: open > 0 });
  }
  const sorted = gaps.map((gap) => gap.took).sort((a, b) => a - b);
  const usual = 20 * (sorted[sorted.length >> 1] ?? 0);
  return gaps
    .filter((gap) => gap.took >= Math.max(usual, gap.busy ? BUSY_FOLDS : IDLE_FOLDS))
    .sort((a, b) => b.took - a.took)
    .slice(0, MOST_FOLDS)
    .sort((a, b) => a.from - b.from);
}

/** The nice step at or above `least`: 1, 2, 5 of a decimal unit, or of minutes and hours. */
function niceStep(least) {
  for (const step of [10, 15, 20, 30, 60, 120, 300, 600, 900, 1800].map((s) => s * SECOND)) {
    if (step >= least && least > 5 * SECOND) return step;
  }
  if (least > 1800 * SECOND) return Math.ceil(least / HOUR) * HOUR;
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least) ?? 10 * power;
}

/** A point in time with as many digits as `step` needs; `end` chooses the unit. */
function clock(time, step, end) {
  const digits = (unit) => Math.max(0, Math.ceil(Math.log10(unit / step) - 1e-9));
  if (time === 0) return "0";
  if (end < MS) return `${(time / US).toFixed(digits(US))} µs`;
  if (end < SECOND) return `${(time / MS).toFixed(digits(MS))} ms`;
  const fraction = Math.min(digits(SECOND), 7);
  const rounded = Math.round(time / SECOND * 10 ** fraction) / 10 ** fraction;
  if (end < MINUTE) return `${rounded.toFixed(fraction)} s`;
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(rounded / 3600), minutes = Math.floor(rounded % 3600 / 60);
  const seconds = (rounded % 60).toFixed(fraction).padStart(fraction ? fraction + 3 : 2, "0");
  if (step >= MINUTE) return hours ? `${hours}h${two(minutes)}m` : `${minutes}m`;
  if (!hours && !minutes) return `${rounded.toFixed(fraction)}s`;
  return hours ? `${hours}h${two(minutes)}m${seconds}s` : `${minutes}m${seconds}s`;
}

/** How long, in two units or three digits. */
function lasting(took) {
  const [h, m, s] = [took / HOUR, took % HOUR / MINUTE, took % MINUTE / SECOND].map(Math.floor);
  const two = (n) => String(n).padStart(2, "0");
  if (h) return `${h}h${two(m)}m`;
  if (m) return `${m}m${two(s)}s`;
  const [unit, name] = took >= SECOND ? [SECOND, "s"] : took >= MS ? [MS, "ms"] : [US, "µs"];
  return `${Number((took / unit).toPrecision(3))} ${name}`;
}
