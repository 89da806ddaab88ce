// What the fake says of monitoring: one import of a made-up week, as the service judged it.
import type { MonitoredItem, MonitoringView } from '../api'
import { openedAt } from './story'

const machine: MonitoredItem = { id: 'vm-1', kind: { zh: '虚拟机', en: 'Virtual machine' }, name: 'vm-jtj-01', owning_unit: '云山市交通运输局', place: '云山二区国产化集群' }
const stranger: MonitoredItem = { id: '', kind: { zh: '虚拟机', en: 'Virtual machine' }, name: 'vm-05', owning_unit: '云山市水务局', place: '' }

export const fakeMonitoring: MonitoringView = {
  imports: [{ number: 1, file: '周报.csv', file_sha256: 'ab'.repeat(32), first_on: '2026-11-16', last_on: '2026-11-22', rows: 16, imported: 12, skipped: 4, unmatched: 1, records: 0, imported_at: openedAt }],
  judgement: {
    from: '2026-10-24',
    to: '2026-11-22',
    thresholds: 2,
    resources: 12,
    out_of_range: 2,
    candidates: 1,
    doubled: 1,
    all_breaches: 2,
    all_suggestions: 501,
    breaches: [
      { resource: machine, row: 'B.1-08', sentence: { zh: '平均CPU 使用率 7.99%，低于 8%（B.1-08）', en: 'average CPU usage: 7.99 %, below 8 % (B.1-08)' } },
      { resource: stranger, row: 'B.1-10', sentence: { zh: '当前存储使用率（10TB 以上） 39.9%，低于 40%（B.1-10）', en: 'current Storage usage (above 10 TB): 39.9 %, below 40 % (B.1-10)' } },
    ],
    suggestions: [
      {
        resource: machine,
        row: 'C.1-01',
        rule: { zh: 'vcpu 使用率低于 8%且内存使用率低于 10%的虚拟机', en: 'Virtual machines with vCPU usage below 8 % and memory usage below 10 %' },
        suggestion: { zh: '建议核实后缩容', en: 'consider shrinking' },
        ground: { zh: 'CPU 平均使用率 7.99% 低于 8%，且内存平均使用率 9.99% 低于 10%（2026-11-22，采样 1 个）', en: 'average CPU usage 7.99 % is below 8 %, and average memory usage 9.99 % below 10 % (2026-11-22, samples: 1)' },
      },
    ],
  },
  thresholds: [
    { version: 1, source: 'DB4401/T 294.3—2024 附录B、附录C', decided_on: '2025-01-04', sha256: 'cd'.repeat(32), set_by: '' },
    { version: 2, source: '2026 年第三季度运营例会纪要', decided_on: '2026-10-12', sha256: 'ef'.repeat(32), set_by: 'xunjian' },
  ],
  changes: [{ row: 'C.1-10', part: { zh: '连续关机天数', en: 'days shut down' }, printed: { zh: '15', en: '15' }, here: { zh: '30', en: '30' } }],
  notes: [{ zh: '容量按十进制计。', en: 'Capacities are decimal.' }],
}
