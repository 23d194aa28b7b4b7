import { Button, Group, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { ReactNode } from 'react';
import { ErrorAlert } from '../shared/error-alert';
import type { IntegrationFormValues } from './integration-form-values';
import type { useChange } from './queries';

/** The frame of a form for an integration: its fields, the error of the last attempt to save, and the buttons. */
export function IntegrationForm({
  form,
  save,
  submitLabel = 'Save',
  canSave = true,
  cancel,
  children,
}: {
  form: UseFormReturnType<IntegrationFormValues>;
  save: ReturnType<typeof useChange<IntegrationFormValues>>;
  submitLabel?: string;
  canSave?: boolean;
  /** A button beside the one that saves. */
  cancel?: ReactNode;
  children: ReactNode;
}) {
  return (
    <form
      onSubmit={form.onSubmit((values) => {
        save.mutate(values);
      })}
    >
      <Stack maw={720}>
        {children}
        {save.isError && <ErrorAlert error={save.error} />}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!canSave}>
            {submitLabel}
          </Button>
          {cancel}
        </Group>
      </Stack>
    </form>
  );
}
