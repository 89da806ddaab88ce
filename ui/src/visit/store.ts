// The open visit. An answer changes its one line in place: with three hundred lines a tap must not cost a reload.
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'

import { useBackend } from '@/backend'
import type { AnswerReport, BulkReport, LineView, SealProblem, VisitView } from '@/gen'

import { categoriesOf, type Group, groupsOf, type Progress } from './groups'

export const useVisit = defineStore('visit', () => {
  const backend = useBackend()
  /** Everything but the lines' present state, which is in `lines`. */
  const view = shallowRef<VisitView | null>(null)
  const lines = shallowReactive(new Map<number, LineView>())
  const problems = shallowReactive(new Map<number, SealProblem[]>())
  const fault = shallowRef<unknown>(null)
  const bulk = ref<BulkReport | null>(null)
  const savedAt = ref<number | null>(null)
  let asked = 0
  let applied = 0

  const groups = shallowRef<Group[]>([])
  const categories = shallowRef<{ name: string; lines: number[] }[]>([])
  const missing = computed(() => [...lines.values()].filter((line) => !line.answer).map((line) => line.no))
  const answered = computed(() => lines.size - missing.value.length)
  const bulkFilled = computed(() => [...lines.values()].filter((line) => line.answer?.bulk).map((line) => line.no))
  const isReadOnly = computed(() => view.value !== null && view.value.state !== 'draft')

  function take(next: VisitView): VisitView {
    if (view.value?.id !== next.id) {
      bulk.value = null
      savedAt.value = null
    }
    view.value = next
    groups.value = groupsOf(next)
    categories.value = categoriesOf(next.lines)
    const numbers = new Set(next.lines.map((line) => line.no))
    for (const no of lines.keys()) if (!numbers.has(no)) lines.delete(no)
    for (const line of next.lines) lines.set(line.no, line)
    problems.clear()
    for (const problem of next.problems) {
      if (problem.line !== null && problem.rule !== 'line_missing') problems.set(problem.line, [...(problems.get(problem.line) ?? []), problem])
    }
    return next
  }

  /** Shows the visit at once if it is the one already open, and reads it again: photos and scans come in on other pages. */
  async function open(id: string): Promise<void> {
    if (view.value?.id !== id) view.value = null
    const question = (asked += 1)
    try {
      let before: number
      let next: VisitView
      do {
        before = applied
        next = await backend.visit(id)
        // An answer given while this was being read may not be in it.
      } while (before !== applied && question === asked)
      // A slow answer for the visit before must not replace the present one.
      if (question === asked) take(next)
      fault.value = null
    } catch (error) {
      if (question === asked) fault.value = error
    }
  }

  /** Starts the visit or goes on with it. */
  async function start(place: string): Promise<VisitView> {
    asked += 1
    return take(await backend.startVisit(place))
  }

  function apply(report: AnswerReport): void {
    applied += 1
    lines.set(report.line, report.view)
    if (report.problems.length > 0) problems.set(report.line, report.problems)
    else problems.delete(report.line)
    savedAt.value = report.saved_at
  }

  async function fillRest(): Promise<void> {
    const id = view.value?.id
    if (!id) return
    const report = await backend.fillRestNormal(id)
    take(await backend.visit(id))
    bulk.value = report
    savedAt.value = report.saved_at
  }

  async function undoBulk(): Promise<void> {
    const id = view.value?.id
    if (!id) return
    take(await backend.undoBulk(id))
    bulk.value = null
  }

  function progressOf(numbers: readonly number[]): Progress {
    const some = numbers.flatMap((no) => lines.get(no) ?? [])
    return {
      answered: some.filter((line) => line.answer).length,
      total: some.length,
      abnormal: some.filter((line) => line.answer?.outcome === 'abnormal').length,
      problems: some.filter((line) => line.answer && problems.has(line.no)).length,
    }
  }

  const groupOf = (no: number): Group | undefined => groups.value.find((group) => group.lines.includes(no))

  return {
    view, lines, problems, fault, bulk, savedAt, groups, categories, missing, answered, bulkFilled, isReadOnly,
    open, start, take, apply, fillRest, undoBulk, progressOf, groupOf,
  }
})
