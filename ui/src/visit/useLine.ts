// One item of the checklist: what was typed but not stored yet, and the storing. What is typed goes to the engine's scratch at once
// and leaves it when the answer holds it; nothing is called stored before the engine said so.
import { computed, onBeforeUnmount, reactive, ref, shallowReactive, shallowRef } from 'vue'

import { useBackend } from '@/backend'
import type { AnswerReport, LineView, NewAnswer, NewReading, Outcome, Text } from '@/gen'
import { type CheckDraft, type DraftOf, draftOf } from '@/inputs/draft'

import { collect, draftFor, type Given, type Hint, type Judged, judgedOf, suggestionOfLine } from './collect'
import { useVisit } from './store'

const saveMs = 600

export interface Words {
  reason: string
  note: string
  /** `null`: nobody said that no photo can be taken. */
  noPhoto: string | null
  confirmedBy: string
  /** A remote item answered before the console. */
  isOnSite: boolean
}

interface Kept {
  readonly drafts: [string, CheckDraft][]
  readonly judged: [string, Judged][]
  readonly words: Partial<Words>
}

export function useLine(no: number, spentMs: () => number) {
  const backend = useBackend()
  const visit = useVisit()
  const id = visit.view?.id ?? ''
  const key = `line:${id}:${no}`
  const first = visit.lines.get(no)
  if (!first) throw new Error(`The open visit has no line ${no}.`)
  let last = first
  /** Whatever visit is open by then: an item that is being left still stores its own line. */
  const line = computed<LineView>(() => {
    if (visit.view?.id === id) last = visit.lines.get(no) ?? last
    return last
  })
  const spentBefore = first.answer?.spent_ms ?? 0

  const drafts = shallowReactive(new Map<string, CheckDraft>())
  const judged = shallowReactive(new Map<string, Judged>())
  const given: Given = { drafts, judged }
  const words = reactive<Words>(storedWords(line.value))
  const saving = ref<Outcome | 'point' | null>(null)
  const fault = shallowRef<unknown>(null)
  const hint = shallowRef<Hint | null>(null)
  const warnings = shallowRef<readonly Text[]>([])
  const savedAt = ref<number | null>(null)
  const isKept = ref(false)
  let again: (() => Promise<void>) | null = null
  let chain = Promise.resolve()
  let keeping: Promise<void> | null = null
  let isStale = false
  let saveTimer: ReturnType<typeof setTimeout> | undefined

  const suggestion = computed(() => suggestionOfLine(line.value, given))
  const hasUnsaved = computed(() => drafts.size > 0 || judged.size > 0 || JSON.stringify(changedWords()) !== '{}')
  const outcome = computed(() => line.value.answer?.outcome ?? null)

  /** What the person wrote and the answer does not hold; the engine trims, and a reason goes only with 不适用 and 未检. */
  function changedWords(): Partial<Words> {
    const stored = storedWords(line.value)
    const plain = (value: Words[keyof Words]): unknown => (typeof value === 'string' ? value.trim() : value)
    return Object.fromEntries(Object.entries(words).filter(([name, value]) => plain(value) !== plain(stored[name as keyof Words])))
  }

  const snapshot = (): string => JSON.stringify({ drafts: [...drafts], judged: [...judged], words: changedWords() } satisfies Kept)

  // No waiting for a pause in the typing: a kill may cost one keystroke. One write at a time, the next with whatever is newest then.
  function keepScratch(): Promise<void> {
    isStale = true
    keeping ??= write()
    return keeping
  }

  async function write(): Promise<void> {
    while (isStale) {
      isStale = false
      const isDirty = hasUnsaved.value
      try {
        await backend.keepScratch(key, isDirty ? snapshot() : null)
        isKept.value = isDirty && !isStale
      } catch (error) {
        fault.value = error
        again = keepScratch
      }
    }
    keeping = null
  }

  function changed(): void {
    hint.value = null
    isKept.value = false
    void keepScratch()
    // Only what already has an outcome is stored by itself: a value alone decides nothing.
    clearTimeout(saveTimer)
    if (outcome.value) saveTimer = setTimeout(() => void save(), saveMs)
  }

  async function restore(): Promise<void> {
    const text = await backend.scratch(key).catch(() => null)
    if (!text || hasUnsaved.value) return
    try {
      const kept = JSON.parse(text) as Kept
      for (const [check, draft] of kept.drafts) drafts.set(check, draft)
      for (const [check, judgement] of kept.judged) judged.set(check, judgement)
      Object.assign(words, kept.words)
      isKept.value = hasUnsaved.value
      if (outcome.value && hasUnsaved.value) await save()
    } catch {
      // Scratch of an older version of the app: what it held was never called stored.
    }
  }

  function setDraft(check: string, draft: CheckDraft): void {
    drafts.set(check, draft)
    changed()
  }

  function judge(check: string, judgement: Judged): void {
    judged.set(check, judgement)
    changed()
  }

  function say(part: Partial<Words>): void {
    Object.assign(words, part)
    changed()
  }

  /** Stores an outcome. One after the other: two presses in a hurry leave the last. */
  function press(chosen: Outcome): Promise<void> {
    clearTimeout(saveTimer)
    saveTimer = undefined
    chain = chain.then(() => run(chosen))
    return chain
  }

  const save = async (): Promise<void> => {
    clearTimeout(saveTimer)
    saveTimer = undefined
    if (outcome.value && hasUnsaved.value) await press(outcome.value)
  }

  async function run(chosen: Outcome): Promise<void> {
    const collected = collect(line.value, chosen, given)
    if ('hint' in collected) {
      hint.value = collected.hint
      return
    }
    const isExcused = chosen === 'not_applicable' || chosen === 'not_checked'
    const answer: NewAnswer = {
      line: no,
      outcome: chosen,
      checks: collected.checks,
      reason: isExcused ? words.reason : '',
      note: words.note,
      no_photo: isExcused || words.noPhoto === null ? null : { reason: words.noPhoto, confirmed_by: words.confirmedBy },
      mode: words.isOnSite && line.value.mode === 'remote' ? 'on_site' : null,
      spent_ms: spentBefore + spentMs(),
    }
    const sent = new Set(isExcused ? [] : collected.checks.map((check) => check.check))
    await store(chosen, () => backend.recordResult(id, answer), () => press(chosen), sent, isExcused)
  }

  /** The readings of one point; they are stored without an outcome of the line. */
  function point(check: string, name: string, values: NewReading[]): Promise<void> {
    const again = (): Promise<void> => point(check, name, values)
    chain = chain.then(async () => {
      const typed = drafts.get(check)
      await store('point', () => backend.recordReading(id, no, name, values), again, new Set([check]), false)
      // Points that were typed but not stored stay as they are.
      const view = line.value.checks.find((one) => one.key === check)
      if (fault.value || !view || typed?.type !== 'readings') return
      const stored = draftOf(view) as DraftOf<'readings'>
      const open = typed.points.filter((row) => row.point.trim() !== name && !stored.points.some((one) => one.point === row.point && JSON.stringify(one.values) === JSON.stringify(row.values)))
      const points = [...stored.points.filter((row) => !open.some((one) => one.point === row.point)), ...open]
      if (open.some((row) => Object.keys(row.values).length > 0)) setDraft(check, { type: 'readings', points })
    })
    return chain
  }

  async function store(what: Outcome | 'point', call: () => Promise<AnswerReport>, retry: () => Promise<void>, sent: ReadonlySet<string>, isExcused: boolean): Promise<void> {
    saving.value = what
    hint.value = null
    const before = { drafts: new Map(drafts), judged: new Map(judged), words: { ...words } }
    try {
      const report = await call()
      fault.value = null
      // What was changed while it was being stored is not in the answer.
      for (const check of isExcused ? before.drafts.keys() : sent) if (drafts.get(check) === before.drafts.get(check)) drafts.delete(check)
      for (const check of isExcused ? before.judged.keys() : sent) if (judged.get(check) === before.judged.get(check)) judged.delete(check)
      last = report.view
      if (visit.view?.id === id) visit.apply(report)
      if (what !== 'point') settleWords(before.words)
      warnings.value = report.warnings
      savedAt.value = report.saved_at
      await keepScratch()
    } catch (error) {
      fault.value = error
      again = retry
    } finally {
      saving.value = null
    }
  }

  /** Words that the answer does not take, such as the reason beside 正常, are gone; what was typed meanwhile stays. */
  function settleWords(before: Words): void {
    const stored = storedWords(line.value)
    for (const name of Object.keys(changedWords()) as (keyof Words)[]) {
      if (words[name] === before[name]) Object.assign(words, { [name]: stored[name] })
    }
  }

  // Leaving the item stores what waits; the scratch already has it.
  onBeforeUnmount(() => {
    if (saveTimer) void save()
  })

  return {
    line, outcome, words, saving, fault, hint, warnings, savedAt, isKept, hasUnsaved, suggestion,
    draftFor: (check: LineView['checks'][number]) => draftFor(check, given),
    judgedOf: (check: LineView['checks'][number]) => judgedOf(check, given),
    setDraft, judge, say, press, save, point, restore,
    retry: async () => { const call = again; fault.value = null; await call?.() },
  }
}

function storedWords(line: LineView): Words {
  const { answer } = line
  return {
    reason: answer?.reason ?? '',
    note: answer?.note ?? '',
    noPhoto: answer?.no_photo?.reason ?? null,
    confirmedBy: answer?.no_photo?.confirmed_by ?? '',
    isOnSite: line.mode === 'remote' && answer?.mode === 'on_site',
  }
}
