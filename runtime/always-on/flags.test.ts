import { describe, expect, test } from 'vitest'
import { type Flags, flagsOf } from './flags.ts'

const defaults: Flags = {
  maxConcurrentReconciles: undefined,
  metrics: { host: undefined, port: 8080 },
  probes: { host: undefined, port: 8081 },
  isLeaderElected: false,
}

describe('the flags of the always-on host', () => {
  test('have the defaults of the upstream operator', () => {
    expect(flagsOf([])).toEqual(defaults)
  })

  test.each([
    [['--max-concurrent-reconciles=20', '--leader-elect=false'], { maxConcurrentReconciles: 20 }],
    [['-max-concurrent-reconciles', '20'], { maxConcurrentReconciles: 20 }],
    [['--max-concurrent-reconciles=1', '--max-concurrent-reconciles=2'], { maxConcurrentReconciles: 2 }],
    [['--leader-elect'], { isLeaderElected: true }],
    [['-leader-elect=T'], { isLeaderElected: true }],
    [['--leader-elect=0'], {}],
    [['--legacy-watch'], {}],
    [['--metrics-bind-address=127.0.0.1:9000'], { metrics: { host: '127.0.0.1', port: 9000 } }],
    [['--metrics-bind-address', '[::1]:9000'], { metrics: { host: '::1', port: 9000 } }],
    [['--metrics-bind-address=0'], { metrics: undefined }],
    [['--health-probe-bind-address=:9001'], { probes: { host: undefined, port: 9001 } }],
    [['--health-probe-bind-address='], { probes: undefined }],
    [
      ['--metrics-bind-address=127.0.0.1:1', '--health-probe-bind-address=127.0.0.2:1'],
      { metrics: { host: '127.0.0.1', port: 1 }, probes: { host: '127.0.0.2', port: 1 } },
    ],
  ] as const)('are read from %j', (args, differing) => {
    expect(flagsOf(args)).toEqual({ ...defaults, ...differing })
  })

  test.each(['--help', '-h', '-help'])('give way to %s', (flag) => {
    expect(flagsOf([flag])).toBe('help')
  })

  test.each([
    ['--nonsense', /there is no flag --nonsense/],
    ['serve', /"serve" is no flag/],
    ['--', /"--" is no flag/],
    ['--max-concurrent-reconciles', /--max-concurrent-reconciles needs a value/],
    ['--max-concurrent-reconciles=0', /is "0", must be a whole number from 1 to 1000/],
    ['--max-concurrent-reconciles=ten', /is "ten"/],
    ['--leader-elect=yes', /--leader-elect is "yes", must be true or false/],
    ['--legacy-watch=2', /--legacy-watch is "2"/],
    ['--metrics-bind-address=8080', /--metrics-bind-address is "8080", must be host:port/],
    ['--metrics-bind-address=:70000', /is ":70000"/],
    ['--metrics-bind-address=::1:80', /is "::1:80"/],
    ['--metrics-bind-address=[nonsense]:80', /is "\[nonsense\]:80"/],
    ['--metrics-bind-address=:8081', /are both port 8081/],
  ])('refuse %s', (arg, message) => {
    expect(() => flagsOf([arg])).toThrow(message)
  })

  test('say everything that is wrong at once', () => {
    expect(() => flagsOf(['--a', '--leader-elect=b', '--health-probe-bind-address=c'])).toThrow(
      /no flag --a; .*--health-probe-bind-address is "c".*--leader-elect is "b"/,
    )
  })
})
