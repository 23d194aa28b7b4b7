import path from 'node:path';
import { readReadyFile } from './ready-file';

describe('readReadyFile', () => {
  it('explains how to get a file that does not exist', async () => {
    const file = path.join(__dirname, 'missing.json');
    await expect(readReadyFile(file)).rejects.toThrow(`npm start -- --ready-file ${file}`);
  });
});
