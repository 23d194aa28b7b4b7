import { sampleWhile } from './sample-while';

it('takes a sample before and after work that has ended already', async () => {
  let taken = 0;
  expect(await sampleWhile(Promise.resolve(), () => Promise.resolve((taken += 1)))).toEqual([1, 2]);
});

it('samples until the work has ended', async () => {
  const work = Promise.withResolvers<undefined>();
  const samples = await sampleWhile(work.promise, () => {
    work.resolve(undefined);
    return Promise.resolve('sample');
  });
  expect(samples.length).toBeGreaterThanOrEqual(2);
});

it('rejects if the work does', async () => {
  const failure = new Error('lost');
  await expect(sampleWhile(Promise.reject(failure), () => Promise.resolve(0))).rejects.toBe(failure);
});
