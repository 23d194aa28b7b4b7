import { Listr } from 'listr2';

/** Runs one step of the start and shows its progress. */
export async function step<T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T> {
  const { value } = await new Listr<{ value: T }>([
    {
      title,
      task: async (context, task) => {
        context.value = await work((text) => {
          task.output = text;
        });
      },
      rendererOptions: { outputBar: Number.POSITIVE_INFINITY },
    },
  ]).run();
  return value;
}
