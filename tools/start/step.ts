import { Listr } from 'listr2';

/** Does one step of the start, showing it to people while it goes on. */
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
