// What the saved answers of the engine are too old for: usual problems, and problems that an earlier round left open.
import type { MustCheckView, VisitView } from '@/gen'

export const openPhoto = 'c'.repeat(64)

export function withPresets(visit: VisitView): VisitView {
  const usual = visit.lines.flatMap((line) => line.checks.flatMap((check) => check.presets.map((text) => ({ key: `${line.criterion}.${text.zh}`, criterion: line.criterion, text, severity: 'major' as const, due_days: 7 }))))
  const finding_presets = usual.filter((one, at) => usual.findIndex((other) => other.key === one.key) === at)
  return Object.assign(visit, { must_checks: visit.must_checks ?? [], finding_presets })
}

/** A picture of our own, so that a page has something to lay over the camera. */
const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1200"><rect width="1600" height="1200" fill="#334"/><rect x="500" y="120" width="600" height="960" fill="#111" stroke="#9ab" stroke-width="12"/><path d="M560 300h480M560 460h480M560 620h480" stroke="#5cc" stroke-width="40"/><path d="M700 700c200 300 60 60 280 320" fill="none" stroke="#e55" stroke-width="26"/></svg>`

export function openProblems(visit: VisitView, keep: (sha256: string, blob: Blob) => void): void {
  const first = visit.lines[0]
  if (!first) return
  const at = { wall_ms: Date.parse('2026-08-14T10:42:00+08:00'), monotonic_ms: 0, boot_id: 'fake' }
  const open = (id: string, description: string, photos: string[]): MustCheckView['open'] =>
    ({
      finding: { id, line: first.no, subject: first.subject, severity: 'major', category: '', description, responsible_unit: '市公安局', due_on: '2026-09-13', found: at, photos, no_photo: null, fixed_on_site: '', after_photos: [], desk_call: null, follows: null },
      record: 'd'.repeat(64),
      round_title: '2026年第三季度全面巡检',
      visited: { kind: 'rack', id: visit.subject.id },
      visit_title: visit.title,
      criterion: first.criterion,
      inspector_name: '荣坤',
    }) as unknown as MustCheckView['open']
  keep(openPhoto, new Blob([picture], { type: 'image/svg+xml' }))
  visit.must_checks = [
    { line: first.no, open: open('open-1', '硬盘指示灯黄灯', [openPhoto]), photos_here: [openPhoto], follow_up: null },
    { line: null, open: open('open-2', '机柜后门锁扣松动', ['e'.repeat(64)]), photos_here: [], follow_up: null },
  ]
  const message = { zh: '上轮问题还没有复查', en: 'The open problem was not looked at' }
  visit.problems = [...visit.problems, { line: first.no, rule: 'follow_up_missing', message }, { line: null, rule: 'follow_up_missing', message }]
}
