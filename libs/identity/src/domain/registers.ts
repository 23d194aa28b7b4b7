import { emptyState } from './customer-state';
import { type OrderKey, type Profile } from './profile';
import { isNewer, type TimestampedValue } from './timestamped-value';

/**
 * A profile as fields of a Redis hash, each of them a register. The newest value wins in
 * `a:<alias>` → empty, `s:<attribute>` → `<ms>:<value>`, `o` → `<ms>:<original id>`, `e` → `<ms>:<environment>` and
 * `u:<register of the customer's state>` → `<ms>:<value>`.
 * The oldest value wins in `k` → `<ms>:<order key>`.
 * A profile that was merged into another keeps only the forward `>` → `0:<profile id>`.
 * `r` → `<ms>` is when the pointers to the profile were last renewed. It is not part of the profile.
 */
export type Registers = ReadonlyMap<string, string>;

const forwardField = '>';

export function toRegisters({
  aliases,
  attributes,
  original,
  environment,
  orderKey,
  state = emptyState,
}: Profile): Map<string, string> {
  const registers = new Map<string, string>();
  for (const alias of aliases) registers.set(aliasField(alias), '');
  for (const [name, { value, updatedAtMs }] of attributes) {
    registers.set(attributeField(name), stamp({ value, atMs: updatedAtMs }));
  }
  if (original !== undefined) registers.set('o', stamp(original));
  if (environment !== undefined) registers.set('e', stamp(environment));
  if (orderKey !== undefined) registers.set('k', stamp({ value: orderKey.value, atMs: orderKey.sinceMs }));
  for (const [name, register] of state) registers.set(stateField(name), stamp(register));
  return registers;
}

export function fromRegisters(registers: Registers): Profile {
  const aliases = new Set<string>();
  const attributes = new Map<string, { value: string; updatedAtMs: number }>();
  let original: TimestampedValue | undefined;
  let environment: TimestampedValue | undefined;
  let orderKey: OrderKey | undefined;
  const state = new Map<string, TimestampedValue>();
  for (const [field, text] of registers) {
    if (field.startsWith('a:')) aliases.add(field.slice(2));
    else if (field.startsWith('s:')) {
      const { value, atMs } = unstamp(text);
      attributes.set(field.slice(2), { value, updatedAtMs: atMs });
    } else if (field === 'o') original = unstamp(text);
    else if (field === 'e') environment = unstamp(text);
    else if (field === 'k') orderKey = orderKeyFrom(text);
    else if (field.startsWith('u:')) state.set(field.slice(2), unstamp(text));
  }
  return {
    aliases,
    attributes,
    ...(original !== undefined && { original }),
    ...(environment !== undefined && { environment }),
    ...(orderKey !== undefined && { orderKey }),
    ...(state.size > 0 && { state }),
  };
}

/** Reads the register `k`. */
export function orderKeyFrom(text: string): OrderKey {
  const { value, atMs } = unstamp(text);
  return { value, sinceMs: atMs };
}

/** The registers that exceed the limits of a profile, each with the newest of its values. */
export function surplusRegisters(
  all: readonly Registers[],
  { aliases, attributes, state = emptyState }: Profile,
): Registers {
  const surplus = new Map<string, string>();
  for (const [field, value] of all.flatMap((registers) => [...registers])) {
    const isSurplus =
      (field.startsWith('a:') && !aliases.has(field.slice(2))) ||
      (field.startsWith('s:') && !attributes.has(field.slice(2))) ||
      (field.startsWith('u:') && !state.has(field.slice(2)));
    const other = surplus.get(field);
    if (isSurplus && (other === undefined || isNewer(unstamp(value), unstamp(other))))
      surplus.set(field, value);
  }
  return surplus;
}

export function forwardTo(profileId: string): Registers {
  return new Map([[forwardField, stamp({ value: profileId, atMs: 0 })]]);
}

export function forwardOf(registers: Registers): string | undefined {
  const text = registers.get(forwardField);
  return text === undefined ? undefined : unstamp(text).value;
}

const aliasField = (alias: string): string => `a:${alias}`;
const stateField = (name: string): string => `u:${name}`;
const attributeField = (name: string): string => `s:${name}`;

function stamp({ value, atMs }: TimestampedValue): string {
  return `${atMs}:${value}`;
}

function unstamp(text: string): TimestampedValue {
  const colon = text.indexOf(':');
  return { value: text.slice(colon + 1), atMs: Number(text.slice(0, colon)) };
}
