<?php
// Two people of Acme, one of an organization that is provisioned, and a stranger. The passwords are test values, valid nowhere else.
$config = [
    'people' => [
        'exampleauth:UserPass',
        'alice:test-password' => [
            'uid' => ['alice'],
            'email' => ['alice@acme.example'],
            'firstName' => ['Alice'],
            'lastName' => ['Åström'],
            'groups' => ['engineering', 'on-call'],
        ],
        'bob:test-password' => [
            'uid' => ['bob'],
            'email' => ['bob@acme.example'],
            'firstName' => ['Bob'],
            'lastName' => ['Baker'],
        ],
        'carol:test-password' => [
            'uid' => ['carol'],
            'email' => ['carol@pushed.example'],
            'firstName' => ['Carol'],
            'lastName' => ['Clark'],
        ],
        'stranger:test-password' => [
            'uid' => ['stranger'],
            'email' => ['stranger@elsewhere.example'],
        ],
    ],
];
