import { Alert, Button, Card, Center, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useForm } from '@mantine/form';
import { useSignIn } from '../api/session';

export function SignInPage() {
  useDocumentTitle('Sign in – RevenueCat to Statsig');
  const signIn = useSignIn();
  const form = useForm({ initialValues: { token: '', name: '' } });
  return (
    <Center component="main" mih="100vh" p="md">
      <Card withBorder w="100%" maw={420} padding="lg">
        <form
          onSubmit={form.onSubmit((given) => {
            signIn.mutate(given);
          })}
        >
          <Stack>
            <Title order={1} size="h3">
              RevenueCat to Statsig
            </Title>
            <Text c="dimmed" size="sm">
              Sign in with the console’s token. <code>npm start</code> prints it once; elsewhere it is what{' '}
              <code>CONSOLE_TOKEN</code> is set to.
            </Text>
            <PasswordInput
              label="Token"
              required
              autoComplete="current-password"
              {...form.getInputProps('token')}
            />
            <TextInput
              label="Your name"
              description="So that others see in the audit log who made a change"
              autoComplete="name"
              {...form.getInputProps('name')}
            />
            {signIn.isError && (
              <Alert role="alert" variant="outline" color="red">
                {signIn.error.message}
              </Alert>
            )}
            <Button type="submit" loading={signIn.isPending}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
