/** Whatever `token_type` says, the token goes into the `Authorization` header, never into the URL (contract). */
export const IN_HEADER = { tokenType: 'Bearer' };
