import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

/** The secrets that AUDITDEX signs its webhook deliveries with; tested by the trigger node. */
export class AuditdexWebhookApi implements ICredentialType {
	name = 'auditdexWebhookApi';

	displayName = 'Auditdex Webhook API';

	icon: Icon = {
		light: 'file:../icons/auditdex.svg',
		dark: 'file:../icons/auditdex.dark.svg',
	};

	documentationUrl = 'https://github.com/augixsys/n8n-nodes-auditdex#auditdex-trigger';

	properties: INodeProperties[] = [
		{
			displayName: 'Signing Secret',
			name: 'signingSecret',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description:
				'The secret AUDITDEX shows for the webhook in Settings → Integrations → Webhooks',
		},
		{
			displayName: 'Previous Signing Secret',
			name: 'previousSigningSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'While a secret is being rotated, deliveries signed with this one are accepted too. Leave it empty otherwise.',
		},
	];
}
