// How a visit's lines are grouped: a rack by its assets in U order, everything else by 巡检类别 as printed. Pure.
import type { LineView, SubjectView, VisitView } from '@/gen'

export interface Group {
  readonly key: string
  readonly title: string
  /** U position of an asset; empty for others. */
  readonly position: string
  /** The asset, where the group is one. */
  readonly subject: SubjectView | null
  /** Numbers of its lines. */
  readonly lines: readonly number[]
}

export interface Progress {
  readonly answered: number
  readonly total: number
  readonly abnormal: number
  readonly problems: number
}

export function groupsOf(view: VisitView): Group[] {
  const isRack = view.kind === 'rack'
  const groups = new Map<string, { title: string; position: string; subject: SubjectView | null; lines: number[] }>()
  for (const line of view.lines) {
    const isAsset = isRack && line.subject.kind !== 'rack'
    const key = isRack ? `${line.subject.kind}:${line.subject.id}` : line.category
    const title = isRack ? line.subject.name : line.category
    const group = groups.get(key) ?? { title, position: isAsset ? line.subject.position : '', subject: isRack ? line.subject : null, lines: [] }
    group.lines.push(line.no)
    groups.set(key, group)
  }
  const list = [...groups].map(([key, group]): Group => ({ key, ...group }))
  // The rack itself first: its doors and labels are looked at before anything inside.
  return isRack ? list.sort((one, other) => unitOf(one) - unitOf(other)) : list
}

/** Progress by 巡检类别, whatever the groups are. */
export function categoriesOf(lines: readonly LineView[]): { name: string; lines: number[] }[] {
  const categories = new Map<string, number[]>()
  for (const line of lines) categories.set(line.category, [...(categories.get(line.category) ?? []), line.no])
  return [...categories].map(([name, numbers]) => ({ name, lines: numbers }))
}

function unitOf(group: Group): number {
  if (group.subject?.kind === 'rack') return 0
  const first = Number.parseInt(group.position, 10)
  // Assets without a position come last.
  return Number.isNaN(first) ? 1000 : first
}
