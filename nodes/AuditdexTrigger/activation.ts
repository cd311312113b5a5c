import { type IDataObject, type IHookFunctions, NodeOperationError } from 'n8n-workflow';
import { configurationOf, isFlaw } from './configuration';
import { adviseOnUseless } from './secrets/advice';
import { readSecrets } from './secrets/credential';
import { isSet, signingKeysOf } from './secrets/keys';

/**
 * What can be checked when a workflow is activated, as AUDITDEX has no endpoint to register a webhook
 * at: whether deliveries could be accepted at all.
 *
 * @throws NodeOperationError that says what to change first
 */
export async function assertUsable(context: IHookFunctions): Promise<void> {
	const node = context.getNode();
	const refuse = (message: string, description: string) =>
		new NodeOperationError(node, message, { description });

	const configuration = configurationOf(context);
	if (isFlaw(configuration)) throw refuse(configuration.message, configuration.description);
	let secrets: IDataObject;
	try {
		secrets = await readSecrets(context);
	} catch (error) {
		throw refuse(
			"The Auditdex Webhook API credential can't be read",
			`It may have been deleted, not be shared with this workflow, or be encrypted with another key. n8n says: ${(error as Error).message}`,
		);
	}
	if (!isSet(secrets.signingSecret)) {
		throw refuse(
			"'Signing Secret' isn't set in the Auditdex Webhook API credential",
			'Copy the secret from AUDITDEX: Settings → Integrations → Webhooks',
		);
	}
	if (signingKeysOf(secrets, configuration.signature.signedContent) === undefined) {
		throw refuse(
			'A secret in the Auditdex Webhook API credential is not one of Standard Webhooks',
			"With 'Signed Content' set to Standard Webhooks, 'Signing Secret' and, if set, 'Previous Signing Secret' are 'whsec_' and base64 after it",
		);
	}
	const advice = adviseOnUseless(secrets);
	if (advice !== undefined) {
		throw refuse("A secret in the Auditdex Webhook API credential can't work", advice);
	}
}
