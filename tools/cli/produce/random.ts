import { hash } from 'node:crypto';

/** Random numbers that depend only on the seed (mulberry32). Not for secrets. */
export class SeededRandom {
  private state: number;

  constructor(seed: string) {
    this.state = hash('sha256', seed, 'buffer').readUInt32LE(0);
  }

  /** At least 0 and less than 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer that is at least 0 and less than the bound. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  pick<T extends readonly [unknown, ...unknown[]]>(items: T): T[number] {
    return items[this.below(items.length)] ?? items[0];
  }

  isBelow(probability: number): boolean {
    return this.next() < probability;
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('');
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => this.below(10)).join('');
  }
}
