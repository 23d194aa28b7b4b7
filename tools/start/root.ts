import path from 'node:path';

/** Root folder of the repository. */
export const root = path.resolve(__dirname, '../..');

/** Folder of the data that `npm start -- --keep` and `npm run dev` keep. */
export const keptData = path.join(root, '.stack');
