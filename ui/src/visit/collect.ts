// From what stands in an item to the answer to store: which checks go with an outcome, and what has to be said first. Pure.
import { type CheckDraft, draftOf, valueOf } from '@/inputs/draft'
import { isPlain, normalDraft, suggestionOf } from '@/inputs/suggest'
import type { CheckView, LineView, NewCheck, Outcome } from '@/gen'

/** A check judged by itself, apart from what its value suggests. */
export interface Judged {
  readonly outcome: Outcome
  readonly reason: string
}

export interface Given {
  readonly drafts: ReadonlyMap<string, CheckDraft>
  readonly judged: ReadonlyMap<string, Judged>
}

/** Why an outcome cannot be stored yet. */
export interface Hint {
  readonly why: 'value_first' | 'check_is_abnormal'
  readonly check: CheckView
}

const needsReason = (outcome: Outcome | undefined): boolean => outcome === 'not_applicable' || outcome === 'not_checked'

export function judgedOf(check: CheckView, given: Given): Judged | null {
  const own = given.judged.get(check.key)
  if (own) return own
  const stored = check.result
  return stored && needsReason(stored.outcome) ? { outcome: stored.outcome, reason: stored.reason } : null
}

export const draftFor = (check: CheckView, given: Given): CheckDraft => given.drafts.get(check.key) ?? draftOf(check)

/** The checks that go with this outcome, or why it has to wait. */
export function collect(line: LineView, outcome: Outcome, given: Given): { checks: NewCheck[] } | { hint: Hint } {
  // 不适用 and 未检 carry no results of checks; the engine keeps what was given before.
  if (needsReason(outcome)) return { checks: [] }
  const checks: NewCheck[] = []
  for (const check of line.checks) {
    const made = outcome === 'normal' ? asNormal(line, check, given) : asAbnormal(line, check, given)
    if (made && 'why' in made) return { hint: made }
    if (made) checks.push(made)
  }
  return { checks }
}

function asNormal(line: LineView, check: CheckView, given: Given): NewCheck | Hint {
  const judged = judgedOf(check, given)
  const draft = draftFor(check, given)
  const value = valueOf(draft, check.input)
  if (judged && (needsReason(judged.outcome) || judged.outcome === 'abnormal')) {
    if (judged.outcome === 'abnormal') return { why: 'check_is_abnormal', check }
    return { check: check.key, outcome: judged.outcome, reason: judged.reason, value: null }
  }
  if (isPlain(check)) {
    // The only bare judgement of a line *is* the line: pressing the other outcome changes its mind.
    const isLine = line.checks.length === 1 && draft.type === 'judgement'
    if (!isLine && suggestionOf(check, draft) === 'abnormal') return { why: 'check_is_abnormal', check }
    const plain = normalDraft(check)
    return { check: check.key, outcome: 'normal', reason: '', value: value ?? (plain ? valueOf(plain, check.input) : null) }
  }
  // Over the limit warns and never blocks: the person's 正常 stands beside the value, and the engine's warning beside both.
  return value ? { check: check.key, outcome: 'normal', reason: '', value } : { why: 'value_first', check }
}

/** 异常 is stored at once with what is known; the engine says which checks still want an answer. */
function asAbnormal(line: LineView, check: CheckView, given: Given): NewCheck | null {
  const judged = judgedOf(check, given)
  if (judged && needsReason(judged.outcome)) return { check: check.key, outcome: judged.outcome, reason: judged.reason, value: null }
  const draft = draftFor(check, given)
  const value = valueOf(draft, check.input)
  const isOnly = line.checks.length === 1
  if (draft.type === 'judgement') {
    const outcome = isOnly ? 'abnormal' : (judged?.outcome ?? draft.outcome)
    return outcome ? { check: check.key, outcome, reason: '', value: null } : null
  }
  if (!value) return null
  const typed = isOnly && !isPlain(check) ? 'abnormal' : null
  const stored = JSON.stringify(draft) === JSON.stringify(draftOf(check)) ? (check.result?.outcome ?? null) : null
  const outcome = judged?.outcome ?? typed ?? suggestionOf(check, draft) ?? stored
  return outcome ? { check: check.key, outcome, reason: '', value } : null
}

/** What the values given so far suggest for the whole line; `null` while something is missing or only the engine can say. */
export function suggestionOfLine(line: LineView, given: Given): Outcome | null {
  const each = line.checks.map((check) => {
    const judged = judgedOf(check, given)
    if (judged) return judged.outcome
    const suggested = suggestionOf(check, draftFor(check, given))
    return suggested ?? (given.drafts.has(check.key) ? null : (check.result?.outcome ?? null))
  })
  if (each.includes('abnormal')) return 'abnormal'
  return each.length > 0 && each.every((one) => one === 'normal' || one === 'not_applicable') && each.includes('normal') ? 'normal' : null
}
