// The console's HTTP API as agreed: every path lies below `/console/api`. The Rust side generates the same names into
// `@/gen`; once it does, this file goes away and imports change to '@/gen'.
import type { Finding, Reconciliation, Record as InspectionRecord, Round, StepReport, Subject, Template, Text } from '@/gen'

/** One page of a keyset list: pass `next` as `after` to go on; `null` at the end. */
export interface Page<T> { items: T[]; next: string | null; total: number }

// ---- session: POST session {name, password} · GET session · DELETE session (CSRF token in `X-Xunjian-Csrf` on every write)
export interface NewConsoleSession { name: string; password: string }
export interface ConsoleSession {
  account: string; person: string; person_name: string; roles: string[]; csrf: string; expires_at: number
  site: string; site_name: string; root_fingerprint: string; service_desk: string; version: string
}

// ---- GET overview?round=ID (default: the running quarter's round, else the newest)
export interface Coverage {
  due: number; normal: number; abnormal: number; not_applicable: number; not_checked: number; missed: number
  percent: string | null; formula: Text
}
export type TileState = 'not_started' | 'received' | 'verified' | 'abnormal' | 'failed' | 'overdue' | 'excluded'
export interface RackTile { visit: string; rack: string; name: string; state: TileState; record: string | null; findings: number; discrepancies: number; unverified: number }
export interface RoomTile { visit: string | null; room: string; name: string; state: TileState; record: string | null; findings: number; racks: RackTile[] }
export interface OtherTile { visit: string; title: string; kind: string; state: TileState; record: string | null; findings: number }
export interface Overview {
  round: RoundItem | null; rounds: RoundItem[]; coverage: Coverage
  visits_planned: number; visits_received: number; visits_with_receipt: number; visits_overdue: number
  findings_open: number; findings_by_severity: { severity: string; count: number }[]
  discrepancies: number; unverified: number; set_aside: number; keys_pending: number
  verification: VerificationRun | null; rooms: RoomTile[]; others: OtherTile[]
}
/** POST verification runs everything anew · GET verification the last run. */
export interface VerificationRun { at: number; records: number; delivered: number; blobs: number; leaves: number; damages: { part: string; id: string; step: string; reason: string }[]; gaps: { terminal: string; from: number; to: number }[] }

// ---- rounds: GET rounds · GET rounds/ID · POST rounds · POST rounds/preview · GET rounds/ID/visits?state=&kind=&assignee=&q= · POST rounds/ID/assignments
export interface RoundItem { round: Round; visits: number; lines: number; received: number; with_receipt: number; ledger_version: number; is_due: boolean; is_overdue: boolean; opened_at: number; plan_sha256: string; leaf: number | null }
export interface Exclusion { subject: Subject; reason: string }
/** `copy_from`: exclusions, assignments (by visited thing) and the length of the due window come from that round. */
export interface NewRoundRequest { kind: 'quarterly' | 'special'; year: number; quarter: number; title: string; due_from: string; due_by: string; exclusions: Exclusion[]; copy_from: string | null }
export interface RoundPreview { visits: number; lines: number; by_kind: { kind: string; visits: number; lines: number }[]; ledger_version: number; exclusions: Exclusion[]; assignments: number; problems: Text[] }
export interface RoundDetail { item: RoundItem; coverage: Coverage; exclusions: Exclusion[]; by_kind: { kind: string; visits: number; received: number }[] }
export interface VisitItem { visit: string; title: string; kind: string; room: string | null; room_name: string; lines: number; state: TileState; assignee: string | null; assignee_name: string; record: string | null; received_at: number | null }
export interface AssignRequest { visits: string[]; person: string | null }

// ---- records: GET records?round=&kind=&inspector=&state=&q= · GET records/ID (verified anew from stored bytes) · GET records/ID/photos/SHA?size=thumbnail|screen|original · GET records/ID/envelope
export interface RecordItem { id: string; title: string; kind: string; visit: string; round: string; round_title: string; inspector: string; inspector_name: string; terminal: string; terminal_name: string; sequence: number; sealed_at: number; received_at: number; delivered_at: number | null; lines: number; abnormal: number; bulk: number; findings: number; discrepancies: number; unverified: number; photos: number; photos_stored: number; jumps: number }
export type RecordVerdict = 'verified' | 'waiting' | 'failed'
export interface RecordBlob { sha256: string; bytes: number; media_type: string; capture: string; stored: boolean; intact: boolean; width: number; height: number; caption: string }
export interface ConsoleRecord {
  item: RecordItem; verdict: RecordVerdict; steps: StepReport[]; failed_step: string | null; checked_at: number
  envelope_sha256: string; leaf: number | null; previous: string | null; following: string | null
  /** `null` when the stored bytes cannot even be read. */
  record: InspectionRecord | null; template: Template | null; subjects: { subject: Subject; name: string; position: string }[]; blobs: RecordBlob[]
}

// ---- GET findings?round=&severity=&state=&q= · GET discrepancies?round=&verdict=&q=  (verdict=unverified lists 未核)
export interface FindingItem { finding: Finding; record: string; record_title: string; round: string; subject_name: string; room_name: string; rack_name: string; criterion: string | null; inspector_name: string; found_at: number; is_overdue: boolean }
export interface DiscrepancyItem { reconciliation: Reconciliation; record: string; record_title: string; round: string; asset_name: string; room_name: string; rack_name: string; inspector_name: string; sealed_at: number }

// ---- ledger: GET ledger/versions · GET ledger/assets?version=&room=&rack=&kind=&q= · POST ledger/preview and ledger/import (multipart: file…, allow_removals)
export interface LedgerVersionItem { version: number; sha256: string; source: string; imported_at: number; rooms: number; racks: number; assets: number; is_current: boolean; rounds: number }
export interface AssetItem { id: string; kind: string; name: string; brand: string; model: string; serial: string; asset_tag: string; owning_unit: string; order_no: string; room: string; room_name: string; rack: string; rack_name: string; position: string; quantity: number }
export interface RowProblem { file: string; sheet: string; row: number; column: string; value: string; listed: boolean; problem: Text }
export interface AssetChange { change: 'added' | 'changed' | 'removed'; asset: AssetItem; fields: { field: string; before: string; after: string }[] }
export interface ImportPreview { rows_read: number; rows_taken: number; rows_refused: number; problems: RowProblem[]; rooms: number; racks: number; assets: number; clusters: number; orders: number; added: number; changed: number; removed: number; unchanged: number; changes: AssetChange[]; is_changed: boolean; needs_allow_removals: boolean; version: number | null }

// ---- labels: GET labels?q=&kind=&state= · POST labels · GET labels/PRINT.svg
export interface LabelItem { print: string; code: string; subject: Subject; subject_name: string; room_name: string; side: string; printed_at: number; replaced_by: string | null }
export interface NewLabels { rooms: boolean; racks: boolean; assets: boolean; only_rack: string | null; width_tenth_mm: number; height_tenth_mm: number }
export interface PrintedLabels { prints: LabelItem[]; replaced: number; too_small: number }

// ---- people: GET people · POST people · GET parties · POST people/ID/enrol-code · GET terminals · GET keys · GET keys/requests (file) · POST keys/admit (file) · GET keys/ID/revocation?reason= (file to sign) · POST keys/revocations (signed file)
export interface PartyItem { id: string; kind: string; name: string }
export interface PersonItem { id: string; name: string; party: PartyItem; roles: string[]; keys: number; has_account: boolean; created_at: number }
export interface NewPerson { name: string; party: string; roles: string[] }
export interface EnrolCode { person: string; person_name: string; code: string; expires_at: number; service_url: string; root_fingerprint: string; qr_text: string; qr_svg: string }
export interface TerminalItem { id: string; name: string; key: string; key_state: KeyState; enrolled_at: number; people: string[]; records: number; last_sequence: number; last_seen_at: number | null; gaps: { from: number; to: number }[] }
export type KeyState = 'pending' | 'active' | 'revoked'
export interface KeyItem { key: string; fingerprint: string; holder_kind: string; holder: string; holder_name: string; party: string | null; roles: string[]; state: KeyState; from: number | null; revoked_at: number | null; reason: string }

// ---- log: GET log?kind=&q= (newest first) · GET log/INDEX · GET log/checkpoint · GET aside · GET audit
export interface LogItem { index: number; kind: string; subject: string; envelope_sha256: string; logged_at: number; summary: Text }
export interface LogLeaf { item: LogItem; leaf_hash: string; envelope: unknown; payload: unknown; inclusion: string[] }
export interface CheckpointView { note: string; origin: string; size: number; root: string; keys: string[]; at: number | null }
export interface AsideItem { envelope: string; terminal: string; problem: string; detail: string; received_at: number }
export interface AuditItem { id: string; at: number; actor: string; action: string; details: string }
