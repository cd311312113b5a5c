/**
 * What the versions of n8n-core that the engine tests run on (`scripts/n8n/versions/`) don't have in
 * common. All of it is here, so that nothing else in the harness asks which one it has.
 */
import { randomBytes } from 'node:crypto';

import type { DiContainer } from './n8n.mts';

type Core = typeof import('n8n-core');
/** Of one that may be older than the types say. */
type AnyCore = Omit<Core, 'EncryptionKeyProxy'> & Partial<Pick<Core, 'EncryptionKeyProxy'>>;

/**
 * In n8n the keys that encrypt credentials come from its database; here there's one for the process.
 * Before 2.?? the instance's own key was the only one.
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
