/** Settings → Integrations → Webhooks. */
export const SETTINGS_PATH = '/settings/integrations/webhooks';
export const STYLE_PATH = '/settings/style.css';
