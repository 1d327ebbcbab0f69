import { useQuery } from "@tanstack/react-query";

import { usersQuery } from "@/api/people";
import { Await } from "@/ui/Await";
import { Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { RoleGuide } from "./RoleGuide";
import { UserRow } from "./UserRow";

export function Users() {
  const query = useQuery(usersQuery);
  return (
    <Section title="Users" hint={<RoleGuide />}>
      <Await query={query} what="the users">
        {(users) => (
          <Rows label="Users">
            {users.map((user) => (
              <UserRow key={user.id} user={user} />
            ))}
          </Rows>
        )}
      </Await>
    </Section>
  );
}
