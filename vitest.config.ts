import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The files of `test/platform/` share one cluster: the scenarios come first, since they count every request that was refused since its
 * start, and uninstalling, which refuses some, comes last.
 */
class ScenariosFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      if (moduleId.endsWith('/platform/scenarios.test.ts')) return 0
      return moduleId.endsWith('/platform/uninstall.test.ts') ? 2 : 1
    }
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: ScenariosFirst },
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
