/** How tests and `npm run dev` compile TypeScript. NestJS injects by the decorator metadata, which esbuild does not emit. */
export const swcOptions = {
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'commonjs' },
};
