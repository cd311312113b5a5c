/**
 * What the versions of n8n-core that the engine tests run on (`scripts/n8n/versions/`) don't have in
 * common. All of it is here, so that nothing else in the harness asks which one it has.
 */
import { randomBytes } from 'node:crypto';

import type { Constructor, DiContainer } from './n8n.mts';

type Core = typeof import('n8n-core');
/** Of one that may be older than the types say. */
type AnyCore = Omit<Core, 'EncryptionKeyProxy'> & Partial<Pick<Core, 'EncryptionKeyProxy'>>;

/**
 * In n8n the keys that encrypt credentials come from its database; here there's one for the process.
 * In older ones (1.123, 2.4) the instance's own key is the only one.
 */
export function provideCredentialKey(core: AnyCore, container: DiContainer): void {
	if (!core.EncryptionKeyProxy) return;
	const key = {
		id: 'only',
		value: container.get(core.Cipher).encryptDEKWithInstanceKey(randomBytes(32).toString('hex')),
		algorithm: 'aes-256-gcm',
		format: 'prefixed',
	} as const;
	container.get(core.EncryptionKeyProxy).setProvider({
		getActiveKey: async () => key,
		getKeyById: async () => key,
		getLegacyKey: async () => key,
	});
}

type Expression = (typeof import('n8n-workflow'))['Expression'];
/** Of one that may be older than the types say. */
type AnyExpression = Omit<Expression, 'initExpressionEngine'> &
	Partial<Pick<Expression, 'initExpressionEngine'>>;

/** Expressions run in an isolate that has to be started; in 2.4 there was none. */
export async function startExpressionEngine(
	{ Expression }: { Expression: AnyExpression },
	requireOfCore: NodeJS.Require,
	container: DiContainer,
): Promise<void> {
	const { GlobalConfig } = requireOfCore('@n8n/config') as {
		GlobalConfig: Constructor<{
			expressionEngine: Parameters<Expression['initExpressionEngine']>[0];
		}>;
	};
	await Expression.initExpressionEngine?.(container.get(GlobalConfig).expressionEngine);
}

/** Isolates that hold a workflow's expressions; in 2.4 there were none. */
interface Isolated {
	acquireIsolate?: () => Promise<boolean>;
	releaseIsolate?: () => Promise<void>;
}

/** Does something with an expression engine that may have to be taken and given back. */
export async function withIsolate<T>(expression: Isolated, work: () => T): Promise<T> {
	await expression.acquireIsolate?.();
	try {
		return work();
	} finally {
		await expression.releaseIsolate?.();
	}
}

/** Whether requests side by side share the renewal of a token; in 2.20 each got one of its own. */
export function sharesRenewals(requireOfCore: NodeJS.Require): boolean {
	return 'SingleFlightLease' in (requireOfCore('@n8n/backend-common') as object);
}

/** Whether n8n says why it got no token for a credential that has none; in 2.20 the cause was dropped. */
export const tellsFirstRefusal = sharesRenewals;
