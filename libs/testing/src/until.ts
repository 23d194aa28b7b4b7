/** Not affected by Jest's fake timers. */
const { setTimeout } = globalThis;
const pollIntervalMs = 5;

/** Waits until a condition is true. If it never is, the test ends with its timeout. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
}
