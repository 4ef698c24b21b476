import fs, { readFile } from "node:fs";
const path = require("path");

export const TAX = 0.2;
let total = 0;
var legacy = 1;

/** Adds. */
export function add(a, b) {
  const local = a;
  function nested() { return b; }
  return local + nested();
}

export const mul = (a, b) => a * b;
const div = function (a, b) { return a / b; };
export async function* stream() { yield 1; }

export default class Cart extends Base {
  #secret = 1;
  static count = 0;
  constructor(items) { super(); this.items = items; }
  get size() { return this.items.length; }
  async load() {}
}

const helper = { method() {}, arrow: () => 1 };
export { total, div as divide };
