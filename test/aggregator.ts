/**
 * What an aggregating push gateway makes of the pushes it gets: it adds them up by name and labels, whoever sent them, and adds the
 * labels in the path (github.com/zapier/prom-aggregation-gateway, metrics/merge.go). A text that it cannot read it does not take.
 */
export const createAggregator = () => {
  const sums = new Map<string, number>()
  const types = new Map<string, string>()
  let pushes = 0
  return {
    /** The HTTP status of its answer. */
    take: (path: string, body: string): number => {
      if (path !== '/metrics/job/dormouse') return 404
      const samples: [string, number][] = []
      for (const line of body.trimEnd().split('\n')) {
        const type = /^# TYPE (\w+) (counter|histogram)$/.exec(line)
        if (type?.[1]) types.set(type[1], type[2] ?? '')
        if (line.startsWith('# ')) continue
        const [, name = '', labels = '', value = ''] =
          /^(\w+)((?:\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (\S+)$/.exec(line) ?? []
        const family = name.replace(/_(bucket|sum|count)$/, '')
        if (!(types.has(name) || types.has(family)) || !(Number(value) >= 0)) return 400
        samples.push([name + labels, Number(value)])
      }
      if (new Set(samples.map(([key]) => key)).size < samples.length) return 400
      for (const [key, value] of samples) sums.set(key, (sums.get(key) ?? 0) + value)
      pushes += 1
      return 202
    },
    sums: sums as ReadonlyMap<string, number>,
    pushes: () => pushes,
  }
}
