import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'

import type { Backend } from '@/backend'
import { createFakeBackend } from '@/backend/fake'
import clusterVisit from '@/backend/fake/visit-cluster.json'
import type { CheckView, LineView, VmTable } from '@/gen'
import { draftOf, type DraftOf } from '@/inputs/draft'
import UnitCountsInput from '@/inputs/UnitCountsInput.vue'

import { mountAppPage } from '../mountPage'

const line = clusterVisit.lines.find((one) => one.checks.some((check) => check.input.type === 'unit_counts')) as unknown as LineView
const check = line.checks.find((one) => one.input.type === 'unit_counts') as CheckView
const table = (units: VmTable['units']): VmTable => ({ sha256: 'cd'.repeat(32), encoding: 'gb18030', columns: ['归属单位', '状态'], rows: 9, offline: 2, of_other_clusters: 1, unclear_states: ['迁移中'], units })

describe('counts from a platform’s table', () => {
  let page: VueWrapper
  let backend: Backend
  const draft = ref<DraftOf<'unit_counts'>>({ type: 'unit_counts', units: [] })

  beforeEach(() => {
    localStorage.clear()
    backend = createFakeBackend()
    draft.value = draftOf({ ...check, result: null }) as DraftOf<'unit_counts'>
  })
  afterEach(() => page.unmount())

  const open = async (mode: 'remote' | 'on_site' = 'remote'): Promise<void> => {
    const host = defineComponent({
      render: () => h(UnitCountsInput, { check, line: { ...line, mode }, visit: clusterVisit.id, name: 'units', modelValue: draft.value, 'onUpdate:modelValue': (to: DraftOf<'unit_counts'>) => (draft.value = to) }),
    })
    page = await mountAppPage(host, { backend })
  }
  const choose = async (name: string, type: string): Promise<void> => {
    const input = page.get('[data-testid="import-file"]')
    Object.defineProperty(input.element, 'files', { value: [new File(['a,b'], name, { type })], configurable: true })
    await input.trigger('change')
    // Reading a file takes as long as it takes.
    await vi.waitFor(() => expect(page.find('[data-testid="vm-preview"], [data-testid="vm-kept"]').exists()).toBe(true))
    await flushPromises()
  }
  const press = async (id: string): Promise<void> => {
    await page.get(`[data-testid="${id}"]`).trigger('click')
    await flushPromises()
  }

  it('shows the counts first; only a press keeps the file as imported evidence and fills them in', async () => {
    const [known] = draft.value.units
    const expected = [
      { owning_unit: known?.owning_unit ?? '', online: 17, is_in_table: true, is_expected: true },
      { owning_unit: '账外单位', online: 2, is_in_table: true, is_expected: false },
    ]
    backend.readVmTable = async () => table(expected)
    const attached = vi.spyOn(backend, 'attachPhoto')
    await open()
    const before = JSON.stringify(draft.value)
    await choose('清单.csv', 'text/csv')
    expect(page.get('[data-testid="vm-preview"]').text()).toContain('清单.csv')
    expect(page.get('[data-testid="vm-unclear"]').text()).toContain('迁移中')
    expect(attached, 'looking stores nothing').not.toHaveBeenCalled()
    expect(JSON.stringify(draft.value), 'and fills nothing').toBe(before)
    await press('vm-fill')
    expect(attached.mock.calls[0]?.[1]).toMatchObject({ line: line.no, capture: 'imported', file_name: '清单.csv' })
    expect(draft.value.units.find((unit) => unit.owning_unit === known?.owning_unit)?.online).toBe(17)
    expect(draft.value.units.find((unit) => unit.owning_unit === '账外单位')?.online).toBe(2)
    expect(page.find('[data-testid="vm-preview"]').exists()).toBe(false)
  })

  it('keeps a screenshot as imported evidence and fills nothing', async () => {
    const attached = vi.spyOn(backend, 'attachPhoto')
    const read = vi.spyOn(backend, 'readVmTable')
    await open()
    const before = JSON.stringify(draft.value)
    await choose('截图.png', 'image/png')
    expect(attached.mock.calls[0]?.[1]).toMatchObject({ capture: 'imported', file_name: '截图.png' })
    expect(read).not.toHaveBeenCalled()
    expect(JSON.stringify(draft.value)).toBe(before)
    expect(page.find('[data-testid="vm-kept"]').exists()).toBe(true)
  })

  it('leaves everything as it was after 取消, and offers nothing where the line is inspected on site', async () => {
    backend.readVmTable = async () => table([])
    const attached = vi.spyOn(backend, 'attachPhoto')
    await open()
    await choose('清单.csv', 'text/csv')
    await press('vm-cancel')
    expect(page.find('[data-testid="vm-preview"]').exists()).toBe(false)
    expect(attached).not.toHaveBeenCalled()
    page.unmount()
    await open('on_site')
    expect(page.find('[data-testid="import-photo"]').exists()).toBe(false)
  })
})
