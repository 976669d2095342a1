import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          testTimeout: 30_000,
          hookTimeout: 60_000,
          include: ['**/*.test.ts'],
          exclude: ['node_modules/**', 'dist/**', 'test/cluster/**', 'test/platform/**'],
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: 'platform',
          include: ['test/platform/**/*.test.ts'],
          fileParallelism: false,
          maxConcurrency: 10,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
