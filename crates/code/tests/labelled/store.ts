import type { Key } from "./key";

export interface Store<T> extends Base {
  readonly size: number;
  get(key: string): T | undefined;
}

export type Id = string | number;
export enum Level { Low, High = 2 }
export const enum Flag { A = 1 }
declare module "ext" {
  export function load(): void;
}

export namespace Inner {
  export const value = 1;
}

export abstract class Memory<T> implements Store<T> {
  private items = new Map<string, T>();
  constructor(readonly name: string) {}
  abstract save(): Promise<void>;
  get(key: string): T | undefined { return this.items.get(key); }
}

export function overload(a: string): string;
export function overload(a: number): number;
export function overload(a: any): any { return a; }

export const typed: Record<string, { inline: number }> = {};
