// What people call the kinds of leaves.
import { useI18n } from 'vue-i18n'

export const leafKinds = ['record', 'delivered', 'plan', 'key_statement', 'revocation', 'admin_action', 'decision', 'countersignature', 'ledger_change', 'rectification', 'closing'] as const

export function useLeafWords(): { kindWord(kind: string): string } {
  const { t, te } = useI18n()
  return { kindWord: (kind) => (te(`consoleLog.kind.${kind}`) ? t(`consoleLog.kind.${kind}`) : kind) }
}
