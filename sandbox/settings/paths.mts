/** Settings → Integrations → Webhooks. */
export const SETTINGS_PATH = '/settings/integrations/webhooks';
