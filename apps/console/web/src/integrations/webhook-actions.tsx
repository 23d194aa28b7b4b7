import { Group, PasswordInput, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { NewAuthorizationView, WebhookView } from '../../../api/webhooks';
import { send } from '../api/client';
import { ConfirmedAction } from '../shared/confirmed-action';
import { useChange } from './queries';

type ValueToRetire = 'previous' | 'newest';

/** Creates, replaces and retires the credentials of a webhook endpoint. */
export function WebhookActions({
  projectId,
  webhook: { authorizations, signingSecrets },
  onNewest,
}: {
  projectId: string;
  webhook: WebhookView;
  /** Called with a new Authorization value, or with undefined when the newest one is retired. */
  onNewest: (authorization: string | undefined) => void;
}) {
  return (
    <Group>
      {authorizations < 2 ? (
        <ReplaceAuthorization projectId={projectId} isFirst={authorizations === 0} onCreated={onNewest} />
      ) : (
        <RetireValue
          projectId={projectId}
          kind="authorization"
          what="Authorization value"
          onNewestRetired={() => {
            onNewest(undefined);
          }}
        />
      )}
      {signingSecrets < 2 ? (
        <SetSigningSecret projectId={projectId} isFirst={signingSecrets === 0} />
      ) : (
        <RetireValue projectId={projectId} kind="signing-secret" what="signing secret" />
      )}
      {signingSecrets > 0 && authorizations > 0 && <RemoveSigning projectId={projectId} />}
    </Group>
  );
}

function ReplaceAuthorization({
  projectId,
  isFirst,
  onCreated,
}: {
  projectId: string;
  isFirst: boolean;
  onCreated: (authorization: string) => void;
}) {
  const [how, setHow] = useState('generate');
  const [typed, setTyped] = useState('');
  const replace = useChange(async () => {
    const created = await send<NewAuthorizationView>(
      'POST',
      `integrations/${projectId}/webhook/authorization`,
      how === 'generate' ? {} : { authorization: typed },
    );
    setTyped('');
    onCreated(created.authorization);
  }, 'The new Authorization value is valid within two seconds.');
  const name = isFirst ? 'Create Authorization value' : 'Replace Authorization value';
  return (
    <ConfirmedAction
      action={name}
      title={name}
      confirm={isFirst ? 'Create' : 'Replace'}
      change={replace}
      isReady={how === 'generate' || typed !== ''}
    >
      <Text size="sm">
        {isFirst
          ? 'RevenueCat sends this value with every webhook.'
          : 'The current value stays valid until you retire it, so no webhook is rejected while you enter the new one in RevenueCat.'}
      </Text>
      <Radio.Group label="Value" value={how} onChange={setHow}>
        <Stack gap="xs" mt={4}>
          <Radio value="generate" label="Generate it (recommended)" />
          <Radio value="type" label="Enter a value" />
        </Stack>
      </Radio.Group>
      {how === 'type' && (
        <PasswordInput
          label="Authorization value"
          autoComplete="off"
          value={typed}
          onChange={({ currentTarget }) => {
            setTyped(currentTarget.value);
          }}
        />
      )}
    </ConfirmedAction>
  );
}

function SetSigningSecret({ projectId, isFirst }: { projectId: string; isFirst: boolean }) {
  const [signingSecret, setSecret] = useState('');
  const set = useChange(async () => {
    await send('POST', `integrations/${projectId}/webhook/signing-secret`, { signingSecret });
    setSecret('');
  }, 'The signing secret is valid within two seconds.');
  const name = isFirst ? 'Require a signature' : 'Replace signing secret';
  return (
    <ConfirmedAction
      action={name}
      title={name}
      confirm={isFirst ? 'Require it' : 'Replace'}
      change={set}
      isReady={signingSecret.trim() !== ''}
    >
      <Text size="sm">
        {isFirst
          ? 'Enable signing in RevenueCat first, and paste the secret, which it shows once. Unsigned webhooks are rejected from then on.'
          : 'Paste the new secret from RevenueCat. The current one stays valid until you retire it.'}
      </Text>
      <PasswordInput
        label="Signing secret"
        autoComplete="off"
        value={signingSecret}
        onChange={({ currentTarget }) => {
          setSecret(currentTarget.value);
        }}
      />
    </ConfirmedAction>
  );
}

function RetireValue({
  projectId,
  kind,
  what,
  onNewestRetired,
}: {
  projectId: string;
  kind: 'authorization' | 'signing-secret';
  what: string;
  onNewestRetired?: () => void;
}) {
  const [which, setWhich] = useState<ValueToRetire>('previous');
  const retire = useChange(async () => {
    await send('DELETE', `integrations/${projectId}/webhook/${kind}/${which}`);
    if (which === 'newest') onNewestRetired?.();
  }, `Only one ${what} is valid within two seconds.`);
  return (
    <ConfirmedAction action={`Retire ${what}`} title={`Retire one ${what}`} confirm="Retire" change={retire}>
      <Text size="sm">
        Webhooks with the retired {what} are rejected. Retire the one that RevenueCat does not send.
      </Text>
      <Radio.Group
        label="Retire"
        value={which}
        onChange={(value) => {
          setWhich(value);
        }}
      >
        <Stack gap="xs" mt={4}>
          <Radio value="previous" label="the previous one: RevenueCat has the new one" />
          <Radio value="newest" label="the new one: RevenueCat still has the previous one" />
        </Stack>
      </Radio.Group>
    </ConfirmedAction>
  );
}

function RemoveSigning({ projectId }: { projectId: string }) {
  const remove = useChange(
    () => send('DELETE', `integrations/${projectId}/webhook/signing-secret`),
    'Webhooks without a signature will be accepted within two seconds.',
  );
  return (
    <ConfirmedAction
      action="Stop requiring a signature"
      title="Stop requiring a signature?"
      confirm="Stop requiring it"
      change={remove}
    >
      <Text size="sm">Webhooks are then accepted with their Authorization value alone.</Text>
    </ConfirmedAction>
  );
}
