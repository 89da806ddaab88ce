// 记录编号: the short name people say and write down. The whole fingerprint names a record; this is its beginning, long enough
// that no two records of a site share it.
export function numberOf(record: string): string {
  return (record.slice(0, 12).toUpperCase().match(/.{4}/g) ?? []).join('-')
}
