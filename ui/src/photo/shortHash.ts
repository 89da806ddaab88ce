// The first eight characters of a hash: enough for a person to tell the photos of one visit apart.
export const shortHash = (sha256: string): string => sha256.slice(0, 8)
