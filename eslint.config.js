import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

// Zones of the renderer that dependency-cruiser cannot see into (.svelte): what they must not import.
const NOT_IN_PAGE = {
  patterns: [
    { group: ['node:*', 'electron'], message: 'The page has no Node and no Electron; use window.terrarium.' },
    {
      group: ['**/main/**', '**/library/**', '**/images/**', '**/cli/**', '**/preload/**', '**/relay/**'],
      message: 'The renderer may import shared and machine only (ARCHITECTURE.md).',
    },
    {
      group: ['**/machine/v86*', '**/machine/entry-node*', '**/machine/node-endpoint*'],
      message: 'The page talks to a machine through its client.',
    },
  ],
};

export default ts.config(
  { ignores: ['out/', 'node_modules/', 'test-results/', 'playwright-report/', '.dependency-cruiser.cjs'] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  ...svelte.configs['flat/recommended'],
  {
    languageOptions: {
      globals: { ...globals.es2023 },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'scripts/setup/*.mjs', 'examples/*.mjs', 'bin/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'off',
      'no-empty': ['error', { allowEmptyCatch: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/unbound-method': 'off',
      // `call<void>()` in the IPC contract reads as what it is.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // `unicode-bom` style choices that contradict noPropertyAccessFromIndexSignature.
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
    },
  },
  {
    files: ['src/renderer/**/*.{ts,svelte}', 'src/renderer/**/*.svelte.ts'],
    languageOptions: { globals: { ...globals.browser } },
    rules: { 'no-restricted-imports': ['error', NOT_IN_PAGE] },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/machine/v86.ts', '**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [{ name: 'v86', message: 'Only src/machine/v86.ts imports v86.' }] }],
    },
  },
  {
    // Tests assert on shapes they know; the strictest rules about unknown values only add noise there.
    files: ['**/*.test.ts', '**/*.conformance.ts', 'e2e/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...ts.configs.disableTypeChecked, languageOptions: { globals: globals.node } },
);
