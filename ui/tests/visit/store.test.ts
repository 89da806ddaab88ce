import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'

import { type Backend, backendKey } from '@/backend'
import { createFakeBackend } from '@/backend/fake'
import rack from '@/backend/fake/visit-rack.json'
import type { AnswerReport, VisitView } from '@/gen'
import { useVisit } from '@/visit/store'

/** The store as a page gets it, over a rack of three hundred lines. */
async function bigRack(): Promise<{ visit: ReturnType<typeof useVisit>; backend: Backend }> {
  const backend = createFakeBackend()
  const view = JSON.parse(JSON.stringify(rack)) as VisitView
  const [first] = view.lines
  if (!first) throw new Error('the fixture has lines')
  view.lines = Array.from({ length: 300 }, (_, index) => ({ ...first, no: index + 1, subject: { ...first.subject, kind: 'physical_server' as const, id: `asset-${Math.floor(index / 4)}`, position: String(1 + Math.floor(index / 4)) } }))
  let visit: ReturnType<typeof useVisit> | undefined
  const Page = defineComponent({
    setup() {
      visit = useVisit()
      return () => h('div')
    },
  })
  mount(Page, { global: { plugins: [createPinia()], provide: { [backendKey as symbol]: backend } } })
  if (!visit) throw new Error('the page was set up')
  visit.take(view)
  return { visit, backend }
}

describe('the open visit', () => {
  it('changes one line of three hundred when one is answered, and regroups nothing', async () => {
    const { visit } = await bigRack()
    const [groups, other] = [visit.groups, visit.lines.get(2)]
    const line = visit.lines.get(1)
    if (!line) throw new Error('line 1')
    const answer = { ...rack.lines[0], outcome: 'abnormal' }
    const report = { line: 1, view: { ...line, answer }, problems: [{ line: 1, rule: 'note_missing', message: { zh: '', en: '' } }], saved_at: 1 } as unknown as AnswerReport
    visit.apply(report)
    expect(visit.groups).toBe(groups)
    expect(visit.lines.get(2)).toBe(other)
    expect(visit.missing).toHaveLength(299)
    expect(visit.progressOf(visit.groups[0]?.lines ?? [])).toEqual({ answered: 1, total: 4, abnormal: 1, problems: 1 })
    visit.apply({ ...report, problems: [] })
    expect(visit.progressOf(visit.groups[0]?.lines ?? []).problems, 'a mended answer is no problem any more').toBe(0)
  })

  it('does not show the visit before when its answer comes late', async () => {
    const { visit, backend } = await bigRack()
    const known = backend.visit
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    backend.visit = async (id) => {
      if (id === rack.id) await gate
      return known(id)
    }
    const slow = visit.open(rack.id)
    const other = (await backend.today()).rounds.flatMap((round) => round.visits).find((one) => one.kind === 'room' && one.state === 'draft')?.id ?? ''
    await visit.open(other)
    release()
    await slow
    expect(visit.view?.id).toBe(other)
  })
})
