/** Another type in the subject, as in `feat(cli): add replay; test: cover it`. */
const secondType = /[;,] *(build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(\([^)]*\))?!?:/;

/** Conventional Commits with short subjects. CONTRIBUTING.md describes them. */
export default {
  extends: ['@commitlint/config-conventional'],
  plugins: [
    {
      rules: {
        'one-type': ({ subject }) => [!secondType.test(subject ?? ''), 'subject must not have a second type'],
      },
    },
  ],
  rules: {
    'header-max-length': [2, 'always', 72],
    'one-type': [2, 'always'],
    // The subject may begin with a name, and the body may contain a long link.
    'subject-case': [0],
    'body-max-line-length': [0],
  },
};
