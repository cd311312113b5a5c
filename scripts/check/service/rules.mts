/** The node's own rules, as they ship. */
import { shipped as load } from '../compiled.mts';

export type Outcome = import('../../../nodes/Auditdex/api/request/outcome.ts').Outcome;
export type HttpAnswer = import('../../../nodes/Auditdex/api/request/httpAnswer.ts').HttpAnswer;
export type AuditdexError =
	import('../../../nodes/Auditdex/api/errors/auditdexError.ts').AuditdexError;

const AUDITDEX = 'Auditdex/api';
export const { AuditdexError: AuditdexErrorClass } = load<
	typeof import('../../../nodes/Auditdex/api/errors/auditdexError.ts')
>(`${AUDITDEX}/errors/auditdexError`);
export const { redact } = load<typeof import('../../../nodes/Auditdex/api/errors/redact.ts')>(
	`${AUDITDEX}/errors/redact`,
);
export const { outcomeOfAnswer, outcomeOfFault } = load<
	typeof import('../../../nodes/Auditdex/api/request/outcome.ts')
>(`${AUDITDEX}/request/outcome`);
export const { headersOf, jsonOf } = load<
	typeof import('../../../nodes/Auditdex/api/request/httpAnswer.ts')
>(`${AUDITDEX}/request/httpAnswer`);
export const { parseBaseUrl } = load<typeof import('../../../nodes/Auditdex/api/token/baseUrl.ts')>(
	`${AUDITDEX}/token/baseUrl`,
);
export const { grantedToken, accessTokenIn } = load<
	typeof import('../../../nodes/Auditdex/api/token/grantedToken.ts')
>(`${AUDITDEX}/token/grantedToken`);
export const { outcomeOfTokenRefusal } = load<
	typeof import('../../../nodes/Auditdex/api/token/tokenOutcome.ts')
>(`${AUDITDEX}/token/tokenOutcome`);
export const { readRateLimit } = load<
	typeof import('../../../nodes/Auditdex/api/limits/rateLimitHeaders.ts')
>(`${AUDITDEX}/limits/rateLimitHeaders`);
export const { ListWalk } = load<typeof import('../../../nodes/Auditdex/api/lists/listWalk.ts')>(
	`${AUDITDEX}/lists/listWalk`,
);
export const { readFacts } = load<typeof import('../../../nodes/Auditdex/api/lists/pageFacts.ts')>(
	`${AUDITDEX}/lists/pageFacts`,
);
export const { idOf } = load<typeof import('../../../nodes/Auditdex/api/lists/engagementId.ts')>(
	`${AUDITDEX}/lists/engagementId`,
);
export const { lookUp, readEvidence } = load<
	typeof import('../../../nodes/Auditdex/evidence/lookup.ts')
>('Auditdex/evidence/lookup');
export const { reportedSha256 } = load<typeof import('../../../nodes/Auditdex/evidence/sha256.ts')>(
	'Auditdex/evidence/sha256',
);
export const { storedAt } = load<typeof import('../../../nodes/Auditdex/evidence/storedAt.ts')>(
	'Auditdex/evidence/storedAt',
);
export const { receiptOf } = load<typeof import('../../../nodes/Auditdex/evidence/receipt.ts')>(
	'Auditdex/evidence/receipt',
);
export const { fileNameObjection } = load<
	typeof import('../../../nodes/Auditdex/evidence/fileName.ts')
>('Auditdex/evidence/fileName');
