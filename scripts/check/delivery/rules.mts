/** The trigger's own rules, as they ship. */
import { shipped } from '../compiled.mts';

export type SignatureFit =
	import('../../../nodes/AuditdexTrigger/signature/advice.ts').SignatureFit;
export type WebhookSecrets =
	import('../../../nodes/AuditdexTrigger/secrets/keys.ts').WebhookSecrets;

export const { explain, findFit } = shipped<
	typeof import('../../../nodes/AuditdexTrigger/signature/advice.ts')
>('AuditdexTrigger/signature/advice');
export const { allHeaderValues, signatureHeadersOf } = shipped<
	typeof import('../../../nodes/AuditdexTrigger/signature/claim.ts')
>('AuditdexTrigger/signature/claim');
export const { adviseOnUseless } = shipped<
	typeof import('../../../nodes/AuditdexTrigger/secrets/advice.ts')
>('AuditdexTrigger/secrets/advice');
export const { isFlaw, readConfiguration } = shipped<
	typeof import('../../../nodes/AuditdexTrigger/configuration.ts')
>('AuditdexTrigger/configuration');
export const { judgeDelivery } = shipped<
	typeof import('../../../nodes/AuditdexTrigger/judgement.ts')
>('AuditdexTrigger/judgement');
export const { redact } = shipped<typeof import('../../../nodes/Auditdex/api/errors/redact.ts')>(
	'Auditdex/api/errors/redact',
);
