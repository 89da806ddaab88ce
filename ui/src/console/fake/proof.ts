// Log, set-aside records, audit and the last check of the fake.
import type { AsideItem, AuditItem, ConsoleApi, LogItem, VerificationRun } from '../api'
import { includes, type Pager } from '.'
import { fakeBeside } from './beside'
import { openedAt, recordItems, round } from './story'

type Part = Pick<ConsoleApi, 'log' | 'leaf' | 'checkpoint' | 'aside' | 'beside' | 'audit'>

export const fakeRun = (): VerificationRun => ({ at: openedAt + 90_000_000, records: recordItems.length, delivered: recordItems.length - 1, blobs: 3, leaves: 27, damages: [], gaps: [] })

const hash = (seed: number): string => Array.from({ length: 8 }, (_, at) => ((seed + 1) * 2654435761 * (at + 7)).toString(16).padStart(8, '0').slice(-8)).join('')

const leafOf = (index: number): LogItem => {
  const record = recordItems[index - 13]
  const base = { index, envelope_sha256: hash(index), logged_at: openedAt + index * 60_000 }
  if (index === 12) return { ...base, kind: 'plan', subject: round.id, summary: { zh: `计划：${round.title}`, en: `plan: ${round.title}` } }
  if (record) return { ...base, kind: 'record', subject: record.id, summary: { zh: `记录：${record.title}`, en: `record: ${record.title}` } }
  if (index > 18) return { ...base, kind: 'delivered', subject: recordItems[index - 19]?.id ?? '', summary: { zh: '记录和照片已全部入库', en: 'record and photos are stored' } }
  return { ...base, kind: 'key_statement', subject: `ed25519-sha256:${index}`, summary: { zh: '密钥声明', en: 'key statement' } }
}

export function createFakeProof(page: Pager): Part {
  const leaves = Array.from({ length: 27 }, (_, index) => leafOf(26 - index))
  const aside: AsideItem[] = [{ envelope: hash(99), terminal: '平板B', problem: '409.1', detail: '同一终端同一序号已有另一条记录', received_at: openedAt + 3_000_000, counts: null, is_decidable: true }]
  const audit: AuditItem[] = Array.from({ length: 30 }, (_, index) => ({ id: `audit-${index}`, at: openedAt + (30 - index) * 60_000, actor: 'shen', action: index % 2 === 0 ? 'label.print' : 'visit.assign', details: `round=${round.id}` }))
  return {
    log: async (query, after) => page(leaves.filter((leaf) => (!query.kind || leaf.kind === query.kind) && includes(query, leaf.subject, leaf.envelope_sha256)), after),
    leaf: async (index) => ({
      item: leafOf(index),
      leaf_hash: hash(index + 1000),
      envelope: { payloadType: 'application/vnd.xunjian.record.v1+json', payload: 'eyJzaXRlIjoieXMtZGVtbyJ9', signatures: [{ keyid: 'ed25519-sha256:70f5', sig: 'MEUCIQ==' }] },
      payload: { site: 'ys-demo', round: round.id, title: round.title },
      inclusion: [hash(1), hash(2), hash(3), hash(4), hash(5)],
    }),
    checkpoint: async () => ({ note: 'xunjian.example/log/ys-demo\n27\nU3k5bbHCFR8dp/hZKq6TC2NE1iUArVXI4a2foutSPro=\n\n— xunjian.example/log/ys-demo PSqtROioc699\n', origin: 'xunjian.example/log/ys-demo', size: 27, root: hash(500), keys: ['xunjian.example/log/ys-demo+3d2aad44+AQ=='], at: openedAt + 80_000_000 }),
    aside: async (query, after) => page(aside.filter((one) => includes(query, one.detail, one.terminal, one.problem)), after),
    beside: async () => fakeBeside,
    audit: async (query, after) => page(audit.filter((one) => includes(query, one.actor, one.action, one.details)), after),
  }
}
