import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createFakeConsole } from '@/console/fake'
import { fakeMonitoring } from '@/console/fake/monitoring'

import { mountConsole, type Mounted } from './mountConsole'

describe('monitoring', () => {
  let at: Mounted
  beforeEach(() => localStorage.clear())
  afterEach(() => at.page.unmount())

  it('shows candidates with the printed rule and the ground, and who is not in the ledger', async () => {
    at = await mountConsole('/monitoring')
    expect(at.text('candidates-table')).toContain('C.1-01')
    expect(at.text('candidates-table')).toContain('vcpu 使用率低于 8%且内存使用率低于 10%的虚拟机')
    expect(at.text('candidates-table')).toContain('建议核实后缩容')
    expect(at.text('breaches-table')).toContain('台账中没有')
    expect(at.text('count-candidates')).toBe('1')
  })

  it('names every version of the thresholds with its source, and what differs from the print', async () => {
    at = await mountConsole('/monitoring')
    expect(at.text('thresholds-table')).toContain('2026 年第三季度运营例会纪要')
    expect(at.text('threshold-changes-table')).toContain('C.1-10')
    expect(at.text('monitoring-imports-table')).toContain('周报.csv')
  })

  it('says what to do while nothing was imported', async () => {
    const api = createFakeConsole()
    const empty = { ...fakeMonitoring, imports: [], judgement: null, changes: [] }
    const bare = new Proxy(api, { get: (target, name: keyof typeof api) => (name === 'monitoring' ? async () => empty : target[name]) })
    at = await mountConsole('/monitoring', { api: bare })
    expect(at.text('empty')).toContain('xunjian monitoring import')
    expect(at.has('monitoring-imports-table')).toBe(false)
    expect(at.page.text()).toContain('现行阈值就是标准的印刷值。')
  })
})
