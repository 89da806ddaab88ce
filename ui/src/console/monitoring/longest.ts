/** So many rows of a list the service sends at most. */
export const longest = 500
