import { once } from 'node:events';

export default async function tearDown(): Promise<void> {
  const stack = globalThis.testStack;
  if (stack?.stdin == null || stack.exitCode !== null) return;
  const exited = once(stack, 'exit');
  stack.stdin.end();
  await exited;
}
