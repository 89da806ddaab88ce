// What a person sees of a visit before signing it: counts, what is missing, and what a reviewer will ask about.
import type { SealProblem, VisitView } from '@/gen'

export interface VisitSummary {
  readonly normal: number
  readonly abnormal: number
  readonly notApplicable: number
  readonly notChecked: number
  readonly unanswered: number
  /** Share of the answers that “其余全部正常” gave, in percent, rounded up: one answer is never 0 %. */
  readonly bulkPercent: number
  readonly bulk: number
  /** Answers changed before sealing. */
  readonly edits: number
  readonly photos: number
  /** Photos that are the same as, or nearly the same as, earlier ones. */
  readonly reused: number
  /** Assets of the rack that nobody has seen yet. */
  readonly unverified: readonly string[]
  readonly missingAssets: number
  readonly isSealed: boolean
  readonly isReady: boolean
}

export function summarise(visit: VisitView): VisitSummary {
  const answers = visit.lines.flatMap((line) => (line.answer ? [line.answer] : []))
  const count = (outcome: string): number => answers.filter((answer) => answer.outcome === outcome).length
  const bulk = answers.filter((answer) => answer.bulk).length
  const assets = new Map(visit.lines.flatMap((line) => (line.subject.ledger ? [[line.subject.id, line.subject]] : [])))
  const named = (id: string): string => {
    const asset = assets.get(id)
    return asset ? [asset.position && `U${asset.position}`, asset.name].filter(Boolean).join(' ') : id
  }
  const isSealed = visit.state === 'sealed' || visit.state === 'delivered'
  return {
    normal: count('normal'),
    abnormal: count('abnormal'),
    notApplicable: count('not_applicable'),
    notChecked: count('not_checked'),
    unanswered: visit.missing.length,
    bulk,
    bulkPercent: answers.length === 0 ? 0 : Math.ceil((bulk / answers.length) * 100),
    edits: answers.reduce((sum, answer) => sum + answer.edits, 0),
    photos: visit.evidence.length,
    reused: visit.evidence.filter((one) => one.reuse.length > 0).length,
    unverified: visit.reconciliation.filter((one) => one.asset && one.verdicts.includes('unverified')).map((one) => named(one.asset ?? '')),
    missingAssets: visit.reconciliation.filter((one) => one.verdicts.includes('missing')).length,
    isSealed,
    isReady: !isSealed && visit.problems.length === 0 && visit.missing.length === 0,
  }
}

export interface Lack {
  readonly line: number | null
  readonly criterion: string
  /** The printed item, and the asset where the line is about another thing than the visit. */
  readonly about: string
  readonly problem: SealProblem
}

/** What keeps the visit from being sealed, in the order of its lines, each with what it is about. */
export function lacks(visit: VisitView, term: (printed: string) => string): Lack[] {
  const lines = new Map(visit.lines.map((line) => [line.no, line]))
  return visit.problems.map((problem) => {
    const line = problem.line === null ? undefined : lines.get(problem.line)
    return { line: problem.line, criterion: line?.criterion ?? '', about: line ? [term(line.item), line.subject.id === visit.subject.id ? '' : line.subject.name].filter(Boolean).join(' · ') : '', problem }
  })
}

/** Whole minutes between two moments; at least one once anything happened, `null` when the clock went backwards. */
export function minutesBetween(from: number, to: number): number | null {
  return to < from ? null : Math.max(1, Math.round((to - from) / 60_000))
}
